import type { Agent } from '../../../agent/agent.js'
import { toErrorMessage } from '../../../core/errors.js'
import type { Call } from '../../route.js'
import { requireAgent } from '../find-agent.js'
import { A2aError } from './a2a-errors.js'

/** The agent that a call's address names. @throws {A2aError} `AGENT_NOT_FOUND` when there is none of that name. */
export function requireCalledAgent(call: Call): Agent {
  try {
    return requireAgent(call)
  } catch (cause) {
    throw new A2aError('AGENT_NOT_FOUND', 'not_found', toErrorMessage(cause), { cause })
  }
}
