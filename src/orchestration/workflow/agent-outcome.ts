import { toErrorMessage } from '../../core/errors.js'
import type { AgentRunResult } from '../agent-run-result.js'
import { toValue } from '../agent-task.js'
import type { FailedAgentRun } from '../run-call.js'
import type { AgentSpec } from './workflow-definition.js'
import type { Settled } from './workflow-environment.js'

/** What an agent's run came to: its text, or its value where the node asked for a shape. */
export function toAgentOutcome(
  { responseFormat }: AgentSpec,
  result: AgentRunResult | FailedAgentRun,
): Settled {
  if ('error' in result) return { ok: false, error: result.error }
  if (responseFormat === undefined) return { ok: true, output: result.text }
  try {
    return { ok: true, output: toValue(responseFormat, result.value) }
  } catch (error) {
    const message = toErrorMessage(error)
    return { ok: false, error: { code: 'response_schema_unmet', message, retryable: true } }
  }
}
