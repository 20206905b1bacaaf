import { createA2aRoutes } from './a2a/a2a-routes.js'
import { createAguiRoutes } from './ag-ui/agui-routes.js'
import { createAgentScopeRoutes } from './agentscope/agentscope-routes.js'
import { createAiSdkRoutes } from './ai-sdk/ai-sdk-routes.js'
import type { DialectRoute } from './dialect-route.js'
import { createOpenAiRoutes } from './openai/openai-routes.js'

/** A dialect that agents are served in beside their own routes. */
export type Protocol = 'openai' | 'agentscope' | 'ai-sdk' | 'ag-ui' | 'a2a'

/** All of them. */
export const protocolNames = [
  'openai',
  'agentscope',
  'ai-sdk',
  'ag-ui',
  'a2a',
] as const satisfies readonly Protocol[]

const routes: Readonly<Record<Protocol, () => readonly DialectRoute[]>> = {
  openai: createOpenAiRoutes,
  agentscope: createAgentScopeRoutes,
  'ai-sdk': createAiSdkRoutes,
  'ag-ui': createAguiRoutes,
  a2a: createA2aRoutes,
}

/** The routes by which all agents that have routes answer in other dialects: one run, its log told in other words. */
export function createProtocolRoutes(protocols: readonly Protocol[]): readonly DialectRoute[] {
  return protocols.flatMap((protocol) => routes[protocol]())
}
