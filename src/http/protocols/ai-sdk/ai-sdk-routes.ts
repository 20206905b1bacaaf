import { toErrorAnswer } from '../../answers.js'
import { type DialectRoute, inDialect } from '../dialect-route.js'
import { whenCalled } from '../when-called.js'

const loadChat = () => import('./chat-handlers.js')

const createRoute = inDialect('aisdk', toErrorAnswer, () => import('./ai-sdk-operations.js'))

/** The routes by which the AI SDK's chats (`useChat`, `DefaultChatTransport`) reach the agents. */
export function createAiSdkRoutes(): readonly DialectRoute[] {
  return [
    createRoute('chat', 'ai-sdk/{agent}', {
      POST: whenCalled(loadChat, 'handleChat'),
    }),
    createRoute('messages', 'ai-sdk/{agent}/{chatId}', {
      GET: whenCalled(loadChat, 'handleMessages'),
    }),
    createRoute('resume', 'ai-sdk/{agent}/{chatId}/stream', {
      GET: whenCalled(loadChat, 'handleResume'),
    }),
  ]
}
