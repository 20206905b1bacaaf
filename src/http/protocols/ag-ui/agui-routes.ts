import type { Route } from '../../route.js'
import { toAguiErrorAnswer } from './agui-errors.js'
import { handleAgui } from './agui-handler.js'

/** The routes by which AG-UI's clients reach the agents: an address for each, and one for apps with a single agent. */
export function createAguiRoutes(): readonly Route[] {
  return [createRoute('http-agui', 'ag-ui'), createRoute('http-agui-agent', 'ag-ui/{agentName}')]
}

function createRoute(name: string, path: string): Route {
  return { name, path, handlers: { POST: handleAgui }, toErrorAnswer: toAguiErrorAnswer }
}
