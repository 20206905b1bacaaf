import { toTimestamp } from '../../../core/clock.js'
import { toFunctionCalls, toSaidText } from '../../../core/messages.js'
import type { ApprovalRequested, RunEvent, StepCompleted, StoredEvent } from '../../../run/events.js'
import { advance, emptyRun, isChanged, type RunState } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { toCutOff } from '../../../run/to-response.js'
import type { RunTeller } from '../run-teller.js'
import { toAnswerId } from './answer-id.js'
import { CallTeller, toInput } from './call-teller.js'
import { StepTeller } from './step-teller.js'
import type { ApprovalDescriptor, UiChunk, UiFinish } from './ui-chunks.js'
import { toFileParts, toUserParts } from './ui-parts.js'

/** Tells a run as one message of the assistant, in the chunks of a UI message stream. */
export class AnswerTeller implements RunTeller<UiChunk> {
  readonly #key: RunKey
  readonly #steps = new StepTeller()
  readonly #calls = new CallTeller()
  readonly #decided: ReadonlySet<string>
  #state: RunState = emptyRun
  #createdAt = 0

  /** Whoever has `decided` an approval shows that already: version 6 has no word for decisions of others. */
  constructor(key: RunKey, decided: readonly string[] = []) {
    this.#key = key
    this.#decided = new Set(decided)
  }

  take(event: StoredEvent): readonly UiChunk[] {
    const before = this.#state
    this.#state = advance(before, event)
    if (event.type !== 'run.accepted') return this.#tell(event, before)
    this.#createdAt = event.at
    return this.resume()
  }

  resume(): readonly UiChunk[] {
    const { session: sessionId, run: correlationId } = this.#key
    const createdAt = toTimestamp(this.#createdAt)
    const messageMetadata = { sessionId, correlationId, createdAt }
    return [{ type: 'start', messageId: toAnswerId(correlationId), messageMetadata }]
  }

  pause(): readonly UiChunk[] {
    return [...this.#calls.open(this.#state), ...this.#finish('tool-calls')]
  }

  breakOff(): readonly UiChunk[] {
    return this.#fail('run_unfinished', 'The answer goes on, but its stream has ended: resume it.')
  }

  /** What providers keep, and what is only about how the run is carried out, is not told. */
  #tell(event: RunEvent, before: RunState): readonly UiChunk[] {
    switch (event.type) {
      case 'message.delta':
        return [...this.#steps.begin(event.data.step), ...this.#steps.add('text', event.data.text)]
      case 'reasoning.delta':
        return [...this.#steps.begin(event.data.step), ...this.#steps.add('reasoning', event.data.text)]
      case 'step.reset':
      case 'answer.rejected':
        return this.#steps.retract()
      case 'step.completed':
        return this.#tellStep(event.data)
      case 'tool.started':
        return isChanged(before, event.data) ? [toInput(event.data)] : []
      case 'tool.progress': {
        const { callId: id, name, progress } = event.data
        return [{ type: 'data-tool-progress', id, data: { name, progress }, transient: true }]
      }
      case 'approval.requested':
        return [toApprovalRequest(event.data)]
      case 'approval.decided': {
        const { approvalId, decision, reason } = event.data
        if (this.#decided.has(approvalId)) return []
        return [{ type: 'tool-approval-response', approvalId, approved: decision === 'approve', reason }]
      }
      case 'tool.completed':
        return this.#calls.complete(before, event.data)
      case 'run.steered': {
        const { run: id, messages } = event.data
        return [{ type: 'steering-message', id, parts: messages.flatMap(toUserParts) }]
      }
      case 'run.completed':
        return [...this.#changeAnswer(event.data.response), ...this.#finish(toFinish(this.#state))]
      case 'run.failed':
        return this.#fail(event.data.code, event.data.detail)
      case 'run.cancelled': {
        const { reason } = event.data
        const error = { code: 'run_cancelled', message: reason }
        const told: UiChunk = { type: 'message-metadata', messageMetadata: { error } }
        return [...this.#steps.end(), told, { type: 'abort', reason }]
      }
      default:
        return []
    }
  }

  #tellStep({ step, message }: StepCompleted): readonly UiChunk[] {
    const calls = toFunctionCalls(message).map((call) => this.#calls.begin(this.#state, call))
    const said = [...this.#steps.begin(step), ...this.#steps.complete(message)]
    return [...said, ...toFileParts(message), ...calls]
  }

  /** The answer may be another one than the last step's: middleware has the last word, and may have had the only one. */
  #changeAnswer(text: string): readonly UiChunk[] {
    const last = this.#state.steps.at(-1)
    if (text === toSaidText(last?.message)) return []
    const retracted = last?.calls.length === 0 ? this.#steps.retract() : []
    const step = last?.calls.length === 0 ? last.step : this.#state.steps.length
    return [...retracted, ...this.#steps.begin(step), ...this.#steps.add('text', text)]
  }

  #finish(finishReason: UiFinish): readonly UiChunk[] {
    const { usage } = this.#state
    return [...this.#steps.end(), { type: 'finish', finishReason, messageMetadata: { usage } }]
  }

  #fail(code: string, message: string): readonly UiChunk[] {
    const told: UiChunk = { type: 'message-metadata', messageMetadata: { error: { code, message } } }
    return [...this.#steps.end(), told, { type: 'error', errorText: message }]
  }
}

/** What a human is asked about a tool call. */
export function toApprovalDescriptor(approval: ApprovalRequested): ApprovalDescriptor {
  const { name, arguments: args, reason, expiresAt, inner } = approval
  return { name, arguments: args, reason, expiresAt, agent: inner?.agent }
}

function toApprovalRequest(approval: ApprovalRequested): UiChunk {
  return {
    type: 'tool-approval-request',
    approvalId: approval.approvalId,
    toolCallId: approval.callId,
    approvalDescriptor: toApprovalDescriptor(approval),
  }
}

function toFinish(state: RunState): UiFinish {
  const cut = toCutOff(state)
  return cut === 'content_filter' ? 'content-filter' : (cut ?? 'stop')
}
