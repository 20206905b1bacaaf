import type { Agent } from '../../agent/agent.js'
import { AgentError } from '../../core/errors.js'
import { findReachable, toReachable } from '../reachable-agents.js'
import type { Call } from '../route.js'

/**
 * The agent that a caller of another dialect means: the one of that name (case does not count), or whatever the name is,
 * the only one that has routes. @throws {AgentError} `not_found` naming those that there are.
 */
export function findAgent(call: Call, field: string, name: string | undefined): Agent {
  const reachable = toReachable(call)
  const [only] = reachable
  const found = findReachable(call, name ?? '') ?? (reachable.length === 1 ? only : undefined)
  if (found !== undefined) return found
  const names = reachable.map((agent) => agent.name).join(', ')
  const missing = name === undefined ? 'is required to name an agent' : `there is no agent "${name}"`
  throw new AgentError('not_found', `${field}: ${missing}. There are: ${names}.`, {
    issues: [{ path: field, message: `must be one of ${names}` }],
  })
}

/** The agent whose address was called, in whatever case. @throws {AgentError} `not_found` when it has no routes. */
export function requireAgent(call: Call): Agent {
  const { agent: name = '' } = call.params
  const found = findReachable(call, name)
  if (found !== undefined) return found
  throw new AgentError('not_found', `There is no agent "${name}".`)
}
