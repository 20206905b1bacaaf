import { isTerminal, type RunEvent } from '../../../../run/events.js'
import { advance, emptyRun, type RunState } from '../../../../run/fold.js'
import { isAsking, toOpenCalls } from '../../../../run/waiting.js'

/**
 * Counts the parts of a run, each of which is a response: one ends where the run begins to wait for a human or its caller.
 * A run may begin to wait again without anybody having answered anything; that ends no part.
 */
export class PartCounter {
  #state: RunState = emptyRun
  #part = 0
  #isAnswered = true

  /** Where the run stands. */
  get state(): RunState {
    return this.#state
  }

  /** The part to which the next event belongs, from 0. */
  get part(): number {
    return this.#part
  }

  /** Takes the next event; true when it ends its part. */
  take(event: RunEvent): boolean {
    if (isAnswer(event, this.#state)) this.#isAnswered = true
    this.#state = advance(this.#state, event)
    if (isTerminal(event)) return true
    if (event.type !== 'run.parked' || !isAsking(this.#state) || !this.#isAnswered) return false
    this.#part++
    this.#isAnswered = false
    return true
  }
}

function isAnswer(event: RunEvent, state: RunState): boolean {
  if (event.type === 'approval.decided') return true
  if (event.type !== 'tool.completed') return false
  return toOpenCalls(state).some(({ callId }) => callId === event.data.callId)
}

/** How many parts of a run have ended with a question to a human or its caller: the number of the present one. */
export function countParts(events: Iterable<RunEvent>): number {
  const counter = new PartCounter()
  for (const event of events) counter.take(event)
  return counter.part
}
