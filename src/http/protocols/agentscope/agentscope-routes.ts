import type { Handler, HttpMethod, Route } from '../../route.js'
import { toAgentScopeErrorAnswer } from './agentscope-errors.js'
import { handleProcess } from './process-handler.js'
import { handleResponse, handleStop } from './response-handlers.js'

/** The routes by which clients of AgentScope Runtime reach the agents. */
export function createAgentScopeRoutes(): readonly Route[] {
  return [
    createRoute('process', 'process', { POST: handleProcess }),
    createRoute('response', 'process/{responseId}', { GET: handleResponse }),
    createRoute('stop', 'process/{responseId}/stop', { POST: handleStop }),
  ]
}

function createRoute(
  kind: string,
  path: string,
  handlers: Readonly<Partial<Record<HttpMethod, Handler>>>,
): Route {
  return {
    name: `http-agentscope-${kind}`,
    path,
    handlers,
    toErrorAnswer: (error) => toAgentScopeErrorAnswer(error),
  }
}
