import { toTimestamp } from '../../core/clock.js'
import { AgentError, hasCode } from '../../core/errors.js'
import type { ChatEvent, ChatRequest } from '../../model/chat-client.js'
import { toOpenTokens } from './open-tokens.js'
import { ParkingLimit } from './parking-limit.js'
import type { RunContext, RunSetup } from './run-context.js'

/** How long a run is parked before somebody looks whether its answer is there; ms. */
const lookAfterMs = 30_000

/** How long a provider may take to hear that nobody waits for its answer any more; ms. */
const cancelLimitMs = 10_000

/** One time that a model is asked. */
export interface Asking {
  readonly step: number
  readonly request: ChatRequest
  /** Whether middleware has asked before, in this execution of the step. */
  readonly isRepeated: boolean
  readonly signal: AbortSignal
}

/**
 * What the model says, while the tokens to come back with are made durable before anything else counts. An answer whose
 * token is in the journal is come back to, and not asked for again. Ends early when nobody follows the answer, or when
 * the operation's time is up. All this is for clients whose answers can be come back to; others are just asked.
 */
export function streamDurably(context: RunContext, asking: Asking): AsyncIterable<ChatEvent> {
  const { client } = context.agent
  const { request, signal } = asking
  if (asking.isRepeated) forgetContinuation(context, asking.step)
  return client.cancel === undefined ? client.stream(request, { signal }) : streamWithTokens(context, asking)
}

async function* streamWithTokens(
  context: RunContext,
  { step, request, signal }: Asking,
): AsyncGenerator<ChatEvent> {
  const { agent, journal, waiting } = context
  const { continuation } = journal.state
  const asked = continuation === undefined ? request : { ...request, background: true, continuation }
  const parking = new ParkingLimit(context, signal)
  if (continuation !== undefined) parking.begin()
  try {
    const follow = waiting.follows(continuation !== undefined)
    for await (const event of agent.client.stream(asked, { signal: parking.signal, follow })) {
      if (signal.aborted) await leaveLate(context, event)
      signal.throwIfAborted()
      if (event.type !== 'continuation') yield event
      else if (event.token !== journal.state.continuation) {
        if (event.token === undefined && waiting.isLeftToCaller) throw createLostError()
        journal.record({ type: 'step.continued', data: { step, token: event.token } })
        await journal.flush()
        parking.begin()
      }
    }
  } catch (error) {
    if (!parking.isOver) throw error
  } finally {
    parking.end()
  }
}

/**
 * Whoever stopped the run may not have known this token yet, and so could not tell the provider. Where another executor has
 * taken the run over, that one goes on with the answer.
 */
async function leaveLate(context: RunContext, event: ChatEvent): Promise<void> {
  if (event.type !== 'continuation' || event.token === undefined || context.signal.aborted) return
  await cancelToken(context, event.token)
}

function createLostError(): AgentError {
  const reason = 'It failed there, was cancelled, or is no longer kept. Ask again.'
  return new AgentError(
    'model_error',
    `The answer in the background came to nothing at the provider. ${reason}`,
  )
}

/** What middleware asks once more is another question. */
function forgetContinuation({ journal }: RunContext, step: number): void {
  if (journal.state.continuation !== undefined) journal.record({ type: 'step.continued', data: { step } })
}

/** Parks a run whose answer is being made in the background: a look at it now and then costs little, and waiting nothing. */
export function parkInBackground({ journal, clock }: RunSetup): void {
  const until = toTimestamp(clock.now() + lookAfterMs)
  journal.record({ type: 'run.parked', data: { reason: 'background', until } })
}

/** Tells the provider that nobody waits for its answer any more. Should it not hear, it works in vain, which harms no run. */
export async function cancelAnswer(setup: RunSetup): Promise<void> {
  for (const token of toOpenTokens(setup.agent, setup.journal.state)) await cancelToken(setup, token)
}

async function cancelToken({ agent, clock, signal, onError }: RunSetup, token: string): Promise<void> {
  try {
    const limit = AbortSignal.any([signal, clock.timeout(cancelLimitMs)])
    await agent.client.cancel?.(token, { signal: limit })
  } catch (error) {
    signal.throwIfAborted()
    // A token that is none of the client's stands for no work of its provider.
    if (!hasCode(error, 'invalid_request')) onError(error)
  }
}
