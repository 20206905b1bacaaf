import type { Handler, HttpMethod, Route } from '../../route.js'
import { toAguiErrorAnswer } from './agui-errors.js'
import { handleAgui } from './agui-handler.js'
import { handleThread } from './thread-handler.js'

/** The routes by which AG-UI's clients reach the agents: an address for each, and one for apps with a single agent. */
export function createAguiRoutes(): readonly Route[] {
  return [
    createRoute('run', 'ag-ui', { POST: handleAgui }),
    createRoute('run-agent', 'ag-ui/{agentName}', { POST: handleAgui }),
    createRoute('thread', 'ag-ui/{agentName}/{threadId}', { GET: handleThread }),
  ]
}

function createRoute(
  kind: string,
  path: string,
  handlers: Readonly<Partial<Record<HttpMethod, Handler>>>,
): Route {
  return { name: `http-agui-${kind}`, path, handlers, toErrorAnswer: toAguiErrorAnswer }
}
