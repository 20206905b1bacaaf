import type { Agent } from '../agent/agent.js'
import { toProblem } from '../core/problem.js'
import { type Answer, createJsonAnswer } from './answers.js'
import { parseFlag, refuseUnknown } from './parse-query.js'
import type { Call } from './route.js'

/** `GET health`: which agents are served; with `?deep=true` also whether the run log and the task hub can be read and written, 503 when one does not. */
export async function handleHealth(call: Call): Promise<Answer> {
  const { agents, exposures, url } = call
  refuseUnknown(url.searchParams, ['deep', 'code'])
  const body = {
    agents: agents.map((agent) => ({ name: agent.name, type: agent.type, ...toFlags(agent, exposures) })),
    agent_count: agents.length,
  }
  if (!parseFlag('deep', url.searchParams.get('deep')))
    return createJsonAnswer({ status: 'healthy', ...body })
  const checks = {
    run_log: await probe(() => call.log.probe()),
    task_hub: await probe(async () => agents[0] && call.sessions.entities.probe(agents[0].name)),
  }
  const healthy = Object.values(checks).every(({ status }) => status === 'healthy')
  const status = healthy ? 'healthy' : 'unhealthy'
  return createJsonAnswer({ status, ...body, checks }, healthy ? 200 : 503)
}

/** By which ways an agent can be reached, in the Python agents' words; nothing when all can be by HTTP alone. */
function toFlags(agent: Agent, exposures: Call['exposures']) {
  if ([...exposures.values()].every(({ http, mcpTool }) => http && !mcpTool)) return {}
  const { http = true, mcpTool = false } = exposures.get(agent) ?? {}
  return { http_endpoint_enabled: http, mcp_tool_enabled: mcpTool }
}

async function probe(check: () => Promise<unknown>) {
  try {
    await check()
    return { status: 'healthy' }
  } catch (error) {
    return { status: 'unhealthy', detail: toProblem(error).detail }
  }
}
