import { type DialectRoute, inDialect } from '../dialect-route.js'
import { whenCalled } from '../when-called.js'
import { toAgentScopeErrorAnswer } from './agentscope-errors.js'

const loadResponses = () => import('./response-handlers.js')

const createRoute = inDialect(
  'agentscope',
  toAgentScopeErrorAnswer,
  () => import('./agentscope-operations.js'),
)

/** The routes by which clients of AgentScope Runtime reach the agents. */
export function createAgentScopeRoutes(): readonly DialectRoute[] {
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
