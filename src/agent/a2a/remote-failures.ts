import { A2AError } from '@a2a-js/sdk/errors'
import { AgentError } from '../../core/errors.js'
import { isAgentErrorCode } from '../../core/problem.js'
import type { TaskView } from './task-view.js'

/** Failures of a connection that was never made. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether a request has surely not arrived: the connection was never made, or we refused to make it. */
export function isNeverSent(error: unknown): boolean {
  if (error instanceof AgentError) return true
  return error instanceof Error && 'code' in error && neverSent.has(String(error.code))
}

/** Whether the agent has answered that it will not. */
export function isRefusal(error: unknown): boolean {
  return findA2aError(error) !== undefined || readStatus(error) < 500
}

/** The protocol's own error; one that came within a stream is the cause of another. */
function findA2aError(error: unknown): A2AError | undefined {
  if (error instanceof A2AError) return error
  return error instanceof Error && error.cause instanceof A2AError ? error.cause : undefined
}

/** The official client tells the status of other answers in words only. 599 for none. */
function readStatus(error: unknown): number {
  const text = error instanceof Error ? error.message : ''
  return Number(/(?:Status: |stream for \S+: )(\d{3})/.exec(text)?.[1] ?? 599)
}

// Security: what the agent has said of a failure, which the client's errors repeat, may hold keys and prompts. So errors
// have no such cause, and only what is ours in them.

export function toRefusedError(name: string, error: unknown): AgentError {
  const reason = findA2aError(error)?.reason ?? `status ${readStatus(error)}`
  return new AgentError('model_error', `The A2A agent "${name}" has refused the request: ${reason}.`)
}

export function toUnreachableError(name: string, error: unknown): AgentError {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return new AgentError('model_error', `The A2A agent "${name}" cannot be reached${code}.`, {
    retryable: true,
  })
}

/** Nobody knows whether a message has arrived, and sending it again may begin a second task. */
export function toUnknownError(name: string): AgentError {
  return new AgentError(
    'outcome_unknown',
    `Whether the A2A agent "${name}" has got the message is unknown, as it was cut off while it was sent. It was not sent again, as the agent's card does not say that this is safe, and onInterrupted is not 'retry'.`,
  )
}

/** How a task came to nothing. */
export function toTaskError(name: string, { state, task }: TaskView): AgentError {
  const data = (task?.status?.message?.parts ?? []).map(({ content }) =>
    content?.$case === 'data' ? content.value?.code : undefined,
  )
  const code = data.find(isAgentErrorCode)
  const why = code === undefined ? '' : ` (${code})`
  return new AgentError(
    'model_error',
    `The A2A agent "${name}" has ended its task "${task?.id}" as ${toWord(state)}${why}.`,
  )
}

function toWord(state: TaskView['state']): string {
  return states[state] ?? 'unknown'
}

const states: Readonly<Record<number, string>> = {
  4: 'failed',
  5: 'canceled',
  7: 'rejected',
  8: 'one that needs an authorization, which no run can give',
}
