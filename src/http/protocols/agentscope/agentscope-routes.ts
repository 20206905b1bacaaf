import type { Handler, HttpMethod, Route } from '../../route.js'
import { whenCalled } from '../when-called.js'
import { toAgentScopeErrorAnswer } from './agentscope-errors.js'

const loadResponses = () => import('./response-handlers.js')

/** The routes by which clients of AgentScope Runtime reach the agents. */
export function createAgentScopeRoutes(): readonly Route[] {
  return [
    createRoute('process', 'process', {
      POST: whenCalled(() => import('./process-handler.js'), 'handleProcess'),
    }),
    createRoute('response', 'process/{responseId}', {
      GET: whenCalled(loadResponses, 'handleResponse'),
    }),
    createRoute('stop', 'process/{responseId}/stop', {
      POST: whenCalled(loadResponses, 'handleStop'),
    }),
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
