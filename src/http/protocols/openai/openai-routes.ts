import type { Handler, HttpMethod, Route } from '../../route.js'
import { handleChatCompletions } from './chat-handler.js'
import { handleModel, handleModels } from './models-handlers.js'
import { toOpenAiErrorAnswer } from './openai-errors.js'
import { handleCancelResponse, handleCreateResponse, handleRetrieveResponse } from './responses-handlers.js'

/** Where OpenAI's API begins, below the app's prefix: what clients are given as `baseURL`. */
export const openAiBase = 'compatible-mode/v1'

/** The routes by which OpenAI's clients reach the agents; `model` names one. */
export function createOpenAiRoutes(): readonly Route[] {
  return [
    createRoute('chat', 'chat/completions', { POST: handleChatCompletions }),
    createRoute('responses', 'responses', { POST: handleCreateResponse }),
    createRoute('response', 'responses/{responseId}', { GET: handleRetrieveResponse }),
    createRoute('response-cancel', 'responses/{responseId}/cancel', { POST: handleCancelResponse }),
    createRoute('models', 'models', { GET: handleModels }),
    createRoute('model', 'models/{model}', { GET: handleModel }),
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
