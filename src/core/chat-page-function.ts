/** The function that serves the chat page: by this name whoever starts an app finds out that it has one. */
export const chatPageFunction = 'chat-page'
