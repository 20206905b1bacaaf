import type { Handler, HttpMethod, Route } from '../../route.js'
import { whenCalled } from '../when-called.js'
import { toOpenAiErrorAnswer } from './openai-errors.js'

const loadResponses = () => import('./responses-handlers.js')
const loadModels = () => import('./models-handlers.js')

/** Where OpenAI's API begins, below the app's prefix: what clients are given as `baseURL`. */
export const openAiBase = 'compatible-mode/v1'

/** The routes by which OpenAI's clients reach the agents; `model` names one. */
export function createOpenAiRoutes(): readonly Route[] {
  return [
    createRoute('chat', 'chat/completions', {
      POST: whenCalled(() => import('./chat-handler.js'), 'handleChatCompletions'),
    }),
    createRoute('responses', 'responses', {
      POST: whenCalled(loadResponses, 'handleCreateResponse'),
    }),
    createRoute('response', 'responses/{responseId}', {
      GET: whenCalled(loadResponses, 'handleRetrieveResponse'),
    }),
    createRoute('response-cancel', 'responses/{responseId}/cancel', {
      POST: whenCalled(loadResponses, 'handleCancelResponse'),
    }),
    createRoute('models', 'models', {
      GET: whenCalled(loadModels, 'handleModels'),
    }),
    createRoute('model', 'models/{model}', {
      GET: whenCalled(loadModels, 'handleModel'),
    }),
  ]
}

function createRoute(
  kind: string,
  path: string,
  handlers: Readonly<Partial<Record<HttpMethod, Handler>>>,
): Route {
  return {
    name: `http-openai-${kind}`,
    path: `${openAiBase}/${path}`,
    handlers,
    toErrorAnswer: (error) => toOpenAiErrorAnswer(error),
  }
}
