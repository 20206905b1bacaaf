import { AgentError } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import type { Usage } from '../core/messages.js'
import type { RunReply, RunReplyError } from '../session/replies/run-reply.js'
import { fromStoredUsage } from '../session/state/stored-messages.js'
import { createFailure } from './agent-failure.js'
import type { FailedAgentRun } from './run-call.js'

/** What an agent answered in an orchestration; plain JSON, as it becomes part of the orchestration's history. */
export interface AgentRunResult<Value = JsonValue | undefined> {
  readonly text: string
  /** The answer in the shape of `responseFormat`; `undefined` when the run had none. */
  readonly value: Value
  /** Summed over all model calls of the run. */
  readonly usage: Usage
  /** Why the answer is not whole; absent when it is. */
  readonly finishReason?: RunReply['finishReason']
  readonly sessionId: string
  readonly correlationId: string
}

/** What a reply says. @throws {Error} what {@link createFailure} makes, when the run failed. */
export function readReply(reply: RunReply | undefined): AgentRunResult {
  const result = settleReply(reply)
  if ('error' in result) throw createFailure(result.error)
  return result
}

const silence: RunReplyError = {
  code: 'internal',
  message: 'The agent ended its operation without a reply.',
  retryable: true,
}

/** What a reply says, be it a failure. */
export function settleReply(reply: RunReply | undefined): AgentRunResult | FailedAgentRun {
  if (reply?.status !== 'completed') return { error: reply?.error ?? silence }
  const { messages, usage, value, finishReason, sessionId, correlationId } = reply
  const contents = messages.flatMap((message) => message.contents)
  const text = contents.map((content) => (content.type === 'text' ? content.text : '')).join('')
  return { text, value, usage: fromStoredUsage(usage), finishReason, sessionId, correlationId }
}

/** Checks a session that was handed to an agent. @throws {AgentError} `invalid_request` when it is another agent's. */
export function checkSessionOf(agent: string, session: { readonly name: string }): void {
  if (session.name.toLowerCase() === agent.toLowerCase()) return
  throw new AgentError('invalid_request', `The session is one of agent "${session.name}", not of "${agent}".`)
}
