/** What a conversation has as the message of whoever has a run undone, and says nothing else. */
export const undoMessage = 'Undo what was done.'
