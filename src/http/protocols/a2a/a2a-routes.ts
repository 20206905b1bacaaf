import { type DialectRoute, inDialect } from '../dialect-route.js'
import { whenCalled } from '../when-called.js'
import { toA2aErrorAnswer } from './a2a-errors.js'

const createRoute = inDialect('a2a', toA2aErrorAnswer, () => import('./a2a-operations.js'))

/** The routes by which other agents reach ours: each agent's card, and its methods. */
export function createA2aRoutes(): readonly DialectRoute[] {
  return [
    createRoute('card', 'a2a/{agent}/.well-known/agent-card.json', {
      GET: whenCalled(() => import('./agent-card.js'), 'handleAgentCard'),
    }),
    createRoute('rpc', 'a2a/{agent}', {
      POST: whenCalled(() => import('./rpc-handler.js'), 'handleRpc'),
    }),
  ]
}
