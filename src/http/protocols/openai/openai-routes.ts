import { type DialectRoute, inDialect } from '../dialect-route.js'
import { whenCalled } from '../when-called.js'
import { toOpenAiErrorAnswer } from './openai-errors.js'
import { withRequestId } from './with-request-id.js'

const createRoute = inDialect('openai', toOpenAiErrorAnswer, () => import('./openai-operations.js'))
const loadResponses = () => import('./responses/responses-handlers.js')
const loadModels = () => import('./models-handlers.js')

/** Where OpenAI's API begins, below the app's prefix: what clients are given as `baseURL`. */
const openAiBase = 'compatible-mode/v1'

/** The routes by which OpenAI's clients reach the agents; `model` names one. */
export function createOpenAiRoutes(): readonly DialectRoute[] {
  return [
    createRoute('chat', `${openAiBase}/chat/completions`, {
      POST: withRequestId(whenCalled(() => import('./chat/chat-handler.js'), 'handleChatCompletions')),
    }),
    createRoute('responses', `${openAiBase}/responses`, {
      POST: withRequestId(whenCalled(loadResponses, 'handleCreateResponse')),
    }),
    createRoute('response', `${openAiBase}/responses/{responseId}`, {
      GET: withRequestId(whenCalled(loadResponses, 'handleRetrieveResponse')),
    }),
    createRoute('response-cancel', `${openAiBase}/responses/{responseId}/cancel`, {
      POST: withRequestId(whenCalled(loadResponses, 'handleCancelResponse')),
    }),
    createRoute('models', `${openAiBase}/models`, {
      GET: whenCalled(loadModels, 'handleModels'),
    }),
    createRoute('model', `${openAiBase}/models/{model}`, {
      GET: whenCalled(loadModels, 'handleModel'),
    }),
  ]
}
