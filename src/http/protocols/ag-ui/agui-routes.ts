import { type DialectRoute, inDialect } from '../dialect-route.js'
import { whenCalled } from '../when-called.js'
import { toAguiErrorAnswer } from './agui-errors.js'

const loadRun = () => import('./agui-handler.js')

const createRoute = inDialect('agui', toAguiErrorAnswer, () => import('./agui-operations.js'))

/** The routes by which AG-UI's clients reach the agents: an address for each, and one for apps with a single agent. */
export function createAguiRoutes(): readonly DialectRoute[] {
  return [
    createRoute('run', 'ag-ui', {
      POST: whenCalled(loadRun, 'handleAgui'),
    }),
    createRoute('run-agent', 'ag-ui/{agent}', {
      POST: whenCalled(loadRun, 'handleAgui'),
    }),
    createRoute('thread', 'ag-ui/{agent}/{threadId}', {
      GET: whenCalled(() => import('./thread-handler.js'), 'handleThread'),
    }),
  ]
}
