import type { ChatMessage, Usage } from '../core/messages.js'
import type { Problem } from '../core/problem.js'
import type { AgentResponse } from '../core/response.js'
import { isTerminal, type StoredEvent } from '../run/events.js'
import { fold, type RunState, toTurnMessages } from '../run/fold.js'
import { toStoredMessage, toStoredUsage } from './stored-messages.js'
import type { StoredEntry } from './stored-state.js'

/** The entry of what a user said. `turn` is missing for entries that no run of ours made. */
export function toRequestEntry(
  messages: readonly ChatMessage[],
  correlationId: string,
  createdAt: string,
  turn?: number,
): StoredEntry {
  return {
    $type: 'request',
    correlationId,
    createdAt,
    messages: messages.map(toStoredMessage),
    ...(turn === undefined ? {} : { extensionData: { turn } }),
  }
}

/** The entry of what an agent answered. */
export function toResponseEntry(
  { messages, usage, responseId }: Pick<AgentResponse, 'messages' | 'usage' | 'responseId'>,
  createdAt: string,
): StoredEntry {
  return {
    $type: 'response',
    correlationId: responseId,
    createdAt,
    messages: messages.map(toStoredMessage),
    usage: toStoredUsage(usage),
  }
}

/** The entry of a run that gave no answer. Keeps the steps that were finished: their effects have happened. */
function toErrorEntry(
  state: RunState,
  correlationId: string,
  createdAt: string,
  error: Pick<Problem, 'code' | 'detail'>,
): StoredEntry {
  const finished = state.steps.filter(({ calls }) => calls.every((call) => call.completed !== undefined))
  return {
    $type: 'errorResponse',
    correlationId,
    createdAt,
    messages: toTurnMessages({ ...state, steps: finished }).map(toStoredMessage),
    usage: toStoredUsage(state.usage),
    error: { code: error.code, message: error.detail },
  }
}

/** The entries that an ended run adds to its conversation; none when the log is not that of an ended run. */
export function toTurnEntries(events: readonly StoredEvent[], correlationId: string): readonly StoredEntry[] {
  const state = fold(events)
  const first = events[0]
  const last = events.at(-1)
  if (state.request === undefined || first === undefined || last === undefined || !isTerminal(last)) return []
  const endedAt = toTimestamp(last.at)
  const request = toRequestEntry(state.request.messages, correlationId, toTimestamp(first.at), state.turn)
  const usage: Usage = state.usage
  switch (last.type) {
    case 'run.completed':
      return [
        request,
        toResponseEntry({ messages: toTurnMessages(state), usage, responseId: correlationId }, endedAt),
      ]
    case 'run.failed':
      return [request, toErrorEntry(state, correlationId, endedAt, last.data)]
    case 'run.cancelled':
      return [
        request,
        toErrorEntry(state, correlationId, endedAt, { code: 'run_cancelled', detail: last.data.reason }),
      ]
  }
}

function toTimestamp(at: number): string {
  return new Date(at).toISOString()
}
