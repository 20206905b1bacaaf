import type { Agent } from '../../../agent/agent.js'
import type { Call } from '../../route.js'
import { toReachable } from '../find-agent.js'
import { A2aError } from './a2a-errors.js'

/** The agent that a route names; case does not count. @throws {A2aError} `AGENT_NOT_FOUND` when there is none of that name. */
export function requireAgent(call: Call): Agent {
  const { agent: name = '' } = call.params
  const agent = toReachable(call).find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (agent !== undefined) return agent
  throw new A2aError('AGENT_NOT_FOUND', 'not_found', `There is no agent named "${name.slice(0, 100)}".`)
}
