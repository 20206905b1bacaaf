import { noUsage, type Usage } from '../../../../core/messages.js'
import type { StoredEvent } from '../../../../run/events.js'
import { isBegun, type RunState, toLastCalls } from '../../../../run/fold.js'
import { isCallersTool, toOpenApprovals, toOpenCalls } from '../../../../run/waiting.js'
import { toToldEnd } from '../told-end.js'
import { toUsageSince } from '../usage-since.js'
import { CallTeller } from './call-teller.js'
import { OutputList } from './output-list.js'
import type { Frame, LifecycleType } from './response-frames.js'
import type { ResponseKey } from './response-id.js'
import { PartCounter } from './response-parts.js'
import { type ResponseView, toResponseView } from './response-view.js'
import { StepTeller } from './step-teller.js'

/** An event of a response's stream. */
export type NumberedFrame = (Frame | { readonly type: LifecycleType; readonly response: ResponseView }) & {
  /** Dense, from 0 within the response. */
  readonly sequence_number: number
}

/**
 * Tells a run's events in the words of OpenAI's Responses API. What it tells follows from the events alone: given the
 * same ones from the first on, by whatever process and however they are cut, it tells the same under the same numbers.
 */
export class ResponseTeller {
  readonly #key: ResponseKey
  readonly #output: OutputList
  readonly #steps: StepTeller
  readonly #calls: CallTeller
  readonly #parts = new PartCounter()
  #createdAt: number | undefined
  #endedAt: number | undefined
  #isAnnounced = false
  /** What its run had spent when it began. */
  #spentBefore: Usage = noUsage
  #told = 0

  constructor(key: ResponseKey) {
    this.#key = key
    this.#output = new OutputList(key)
    this.#steps = new StepTeller(this.#output, () => this.#isTyped)
    this.#calls = new CallTeller(this.#output, key)
  }

  /** Whether there is such a response: its run has come as far. */
  get isThere(): boolean {
    return this.#createdAt !== undefined && this.#parts.part >= this.#key.part
  }

  /** Whether it has told all that there is to tell. */
  get isOver(): boolean {
    return this.#endedAt !== undefined
  }

  /** The response as far as it is told. */
  get response(): ResponseView {
    const { state } = this.#parts
    const { outcome } = state
    return toResponseView({
      key: this.#key,
      request: state.request,
      createdAt: this.#createdAt ?? 0,
      endedAt: this.#endedAt,
      isBegun: isBegun(state),
      outcome,
      isAnswered: outcome !== undefined && toToldEnd(state, outcome).answer !== undefined,
      finishReason: state.steps.at(-1)?.finishReason,
      output: this.#output.items,
      usage: toUsageSince(this.#spentBefore, state.usage),
    })
  }

  get #isTyped(): boolean {
    return this.#parts.state.request?.options.responseSchema !== undefined
  }

  /** The frames that tell the run's next event; none for what belongs to other parts of the run. */
  take(event: StoredEvent): readonly NumberedFrame[] {
    if (this.isOver) return []
    const { first, part: last } = this.#key
    if (event.id === 0 && first === 0) this.#createdAt = event.at
    const { part, state: before } = this.#parts
    const isEnd = this.#parts.take(event)
    if (part >= first && part <= last) return this.#tell(event, before, isEnd && part === last)
    if (this.#parts.part === first) this.#createdAt ??= event.at
    return []
  }

  #tell(event: StoredEvent, before: RunState, isEnd: boolean): readonly NumberedFrame[] {
    if (this.#told === 0) this.#spentBefore = before.usage
    const opening = this.#announce()
    const frames = this.#toFrames(event, before, isEnd).map((frame) => this.#number(frame))
    if (!isEnd) return [...opening, ...frames]
    this.#endedAt = event.at
    return [...opening, ...frames, this.#tellResponse(this.#toEndType())]
  }

  /** The response is created when it is first heard of, and in progress once somebody works on it. */
  #announce(): readonly NumberedFrame[] {
    const frames = this.#told === 0 ? [this.#tellResponse('response.created')] : []
    if (this.#isAnnounced || !isBegun(this.#parts.state)) return frames
    this.#isAnnounced = true
    return [...frames, this.#tellResponse('response.in_progress')]
  }

  #toFrames(event: StoredEvent, before: RunState, isEnd: boolean): readonly Frame[] {
    switch (event.type) {
      case 'reasoning.delta':
        return this.#steps.addReasoning(event.data)
      case 'message.delta':
        return this.#steps.addText(event.data)
      case 'step.reset':
      case 'answer.rejected':
        return this.#steps.retract()
      case 'step.completed':
        return this.#steps.complete(event.data)
      case 'tool.started': {
        if (isCallersTool(before, event.data.name)) return []
        const call = toLastCalls(before).find((one) => one.call.callId === event.data.callId)
        return this.#calls.begin({ ...event.data, approvalId: call?.approval?.approvalId })
      }
      case 'tool.completed': {
        const call = toLastCalls(before).find((one) => one.call.callId === event.data.callId)
        if (call?.pending !== undefined && isCallersTool(before, call.call.name)) return []
        const begun = call && this.#calls.begin({ ...call.call, approvalId: call.approval?.approvalId })
        return [...(begun ?? []), ...this.#calls.complete(event.data)]
      }
      case 'run.parked': {
        if (!isEnd) return []
        const questions = toOpenApprovals(this.#parts.state).flatMap((approval) => this.#calls.ask(approval))
        const calls = toOpenCalls(this.#parts.state).flatMap((call) => this.#calls.handOver(call))
        return [...this.#steps.cutOff(), ...this.#calls.cutOff(), ...questions, ...calls]
      }
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled': {
        const { answer } = toToldEnd(this.#parts.state, event)
        if (answer === undefined) return [...this.#steps.cutOff(), ...this.#calls.cutOff()]
        return [...this.#calls.cutOff(), ...this.#steps.answer(answer.response)]
      }
      default:
        return []
    }
  }

  #toEndType(): LifecycleType {
    const { status } = this.response
    if (status === 'completed') return 'response.completed'
    // A response that was cancelled has no event of its own.
    return status === 'failed' ? 'response.failed' : 'response.incomplete'
  }

  #tellResponse(type: LifecycleType): NumberedFrame {
    return { type, response: this.response, sequence_number: this.#told++ }
  }

  #number(frame: Frame): NumberedFrame {
    return { ...frame, sequence_number: this.#told++ }
  }
}
