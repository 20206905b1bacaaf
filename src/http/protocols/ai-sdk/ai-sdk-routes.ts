import type { Route } from '../../route.js'
import { whenCalled } from '../when-called.js'

const loadChat = () => import('./chat-handlers.js')

/** The routes by which the AI SDK's chats (`useChat`, `DefaultChatTransport`) reach the agents. */
export function createAiSdkRoutes(): readonly Route[] {
  return [
    {
      name: 'http-aisdk-chat',
      path: 'ai-sdk/{agentName}',
      handlers: { POST: whenCalled(loadChat, 'handleChat') },
    },
    {
      name: 'http-aisdk-messages',
      path: 'ai-sdk/{agentName}/{chatId}',
      handlers: { GET: whenCalled(loadChat, 'handleMessages') },
    },
    {
      name: 'http-aisdk-resume',
      path: 'ai-sdk/{agentName}/{chatId}/stream',
      handlers: { GET: whenCalled(loadChat, 'handleResume') },
    },
  ]
}
