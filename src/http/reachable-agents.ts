import type { Agent } from '../agent/agent.js'
import type { Call } from './route.js'

/** The agents that have routes, in order of registration: only these are told of, and may be reached in another dialect. */
export function toReachable({ agents, exposures }: Pick<Call, 'agents' | 'exposures'>): readonly Agent[] {
  return agents.filter((agent) => exposures.get(agent)?.http !== false)
}

/** The one of them that has this name; case does not count. */
export function findReachable(call: Pick<Call, 'agents' | 'exposures'>, name: string): Agent | undefined {
  return toReachable(call).find((agent) => agent.name.toLowerCase() === name.toLowerCase())
}
