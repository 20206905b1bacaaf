import { A2AError } from '@a2a-js/sdk/errors'
import { AgentError, hasCode } from '../../core/errors.js'
import { isAgentErrorCode } from '../../core/problem.js'
import { isNeverConnected } from '../never-connected.js'
import type { TaskView } from './task-view.js'

/** A request that was not made, as something of ours that it needs was not to be had. */
export class UnsentError extends AgentError {}

/** Whether a request has surely not been taken: it was not made, there was no connection for it, or it was one too many. */
export function isNeverSent(error: unknown): boolean {
  if (error instanceof UnsentError || hasCode(error, 'invalid_configuration')) return true
  if (readStatus(error) === 429) return true
  return isNeverConnected(error)
}

/** Reasons by which it is not the agent that has spoken, or not to the request. */
const brokenReasons = new Set(['INTERNAL_ERROR', 'INVALID_AGENT_RESPONSE'])

/** Statuses below 500 by which a request may be made again. */
const passingStatuses = new Set([408, 425, 429])

/** Whether the agent has answered that it will not, whenever it is asked. */
export function isRefusal(error: unknown): boolean {
  const { reason } = findA2aError(error) ?? {}
  if (reason !== undefined && !brokenReasons.has(reason)) return true
  const status = readStatus(error)
  return status >= 300 && status < 500 && !passingStatuses.has(status)
}

/** The protocol's own error; one that came within a stream is the cause of another. */
function findA2aError(error: unknown): A2AError | undefined {
  if (error instanceof A2AError) return error
  return error instanceof Error && error.cause instanceof A2AError ? error.cause : undefined
}

/** The status of an answer that is no good; 599 for none. */
function readStatus(error: unknown): number {
  const told = findA2aError(error)
  if (told !== undefined) return 'statusCode' in told ? Number(told.statusCode) : 599
  // By JSON-RPC the official client tells it in words only.
  const text = error instanceof Error ? error.message : ''
  return Number(/(?:Status: |stream for \S+: )(\d{3})/.exec(text)?.[1] ?? 599)
}

// Security: what the agent has said of a failure, which the client's errors repeat, may hold keys and prompts. So errors
// have no such cause, and only what is ours in them.

export function toRefusedError(name: string, error: unknown): AgentError {
  const { reason } = findA2aError(error) ?? {}
  const isKnown = reason !== undefined && !brokenReasons.has(reason)
  const why = isKnown ? reason : `status ${readStatus(error)}`
  return new AgentError('model_error', `The A2A agent "${name}" has refused the request: ${why}.`)
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
    `Whether the A2A agent "${name}" has taken the message is unknown, as no good answer came to it. It was not sent again, as the agent's card does not say that this is safe, and onInterrupted is not 'retry'.`,
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
