import { toTimestamp } from '../../core/clock.js'
import type { ChatMessage } from '../../core/messages.js'
import type { Problem } from '../../core/problem.js'
import type { AgentResponse } from '../../core/response.js'
import { isTerminal, type StoredEvent, type TerminalEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import { type CutOff, toCutOff } from '../../run/to-response.js'
import { closeCalls, toOwnMessages, toPartialMessages, toStepMessages } from '../../run/turn-messages.js'
import { toStoredMessage, toStoredUsage } from './stored-messages.js'
import type { StoredEntry } from './stored-state.js'

/** The entry of what a user said. `turn` is missing for entries that no run of ours made. */
export function toRequestEntry(
  messages: readonly ChatMessage[],
  correlationId: string,
  createdAt: string,
  { turn, undoes }: { readonly turn?: number; readonly undoes?: string | undefined } = {},
): StoredEntry {
  return {
    $type: 'request',
    correlationId,
    createdAt,
    messages: messages.map(toStoredMessage),
    ...(turn === undefined && undoes === undefined ? {} : { extensionData: { turn, undoes } }),
  }
}

/** What is kept of the model that was asked last, if one was. */
interface AskedModel {
  readonly model?: string | undefined
  /** Why its answer is not whole; absent when it is. */
  readonly finishReason?: CutOff | undefined
}

/** The entry of what an agent answered. */
export function toResponseEntry(
  { messages, usage, responseId }: Pick<AgentResponse, 'messages' | 'usage' | 'responseId'>,
  createdAt: string,
  asked: AskedModel = {},
): StoredEntry {
  return {
    $type: 'response',
    correlationId: responseId,
    createdAt,
    messages: messages.map(toStoredMessage),
    usage: toStoredUsage(usage),
    ...toModelFields(asked),
  }
}

function toModelFields({ model, finishReason }: AskedModel): Pick<StoredEntry, 'extensionData'> {
  if (model === undefined && finishReason === undefined) return {}
  return { extensionData: { model, ...(finishReason === undefined ? {} : { finishReason }) } }
}

/** The entry of a run that gave no answer. Keeps its steps, also one that was half done: what its tools did has happened. */
function toErrorEntry(
  state: RunState,
  correlationId: string,
  createdAt: string,
  error: Pick<Problem, 'code' | 'detail'>,
): StoredEntry {
  const steps = state.steps.map(closeCalls).flatMap(toStepMessages)
  return {
    $type: 'errorResponse',
    correlationId,
    createdAt,
    messages: [...steps, ...toPartialMessages(state)].map(toStoredMessage),
    usage: toStoredUsage(state.usage),
    error: { code: error.code, message: error.detail },
    ...toModelFields({ model: toModel(state) }),
  }
}

/**
 * The entries that an ended run adds to its conversation; none when the log is not that of an ended run, or the run's
 * messages joined another one. Messages that joined on the way stand before the answer. Whoever has folded the events passes that.
 */
export function toTurnEntries(
  events: readonly StoredEvent[],
  correlationId: string,
  state: RunState = fold(events),
): readonly StoredEntry[] {
  const first = events[0]
  const last = events.at(-1)
  if (state.request === undefined || state.joined !== undefined || first === undefined) return []
  if (last === undefined || !isTerminal(last)) return []
  const acceptedAt = toTimestamp(first.at)
  const { messages, options } = state.request
  const { turn } = state
  return [
    toRequestEntry(messages, correlationId, acceptedAt, { turn, undoes: options.undoes?.run }),
    ...state.steering.map((joined) => toRequestEntry(joined.messages, joined.run, acceptedAt, { turn })),
    toOutcomeEntry(state, last, correlationId, toTimestamp(last.at)),
  ]
}

function toModel({ steps }: RunState): string | undefined {
  return steps.at(-1)?.model || undefined
}

function toOutcomeEntry(
  state: RunState,
  outcome: TerminalEvent,
  correlationId: string,
  endedAt: string,
): StoredEntry {
  switch (outcome.type) {
    case 'run.completed': {
      const messages = toOwnMessages(state)
      const response = { messages, usage: state.usage, responseId: correlationId }
      return toResponseEntry(response, endedAt, { model: toModel(state), finishReason: toCutOff(state) })
    }
    case 'run.failed':
      return toErrorEntry(state, correlationId, endedAt, outcome.data)
    case 'run.cancelled':
      return toErrorEntry(state, correlationId, endedAt, {
        code: 'run_cancelled',
        detail: outcome.data.reason,
      })
  }
}
