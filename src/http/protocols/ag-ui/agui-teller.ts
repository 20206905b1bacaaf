import { toJsonText } from '../../../core/json.js'
import { addUsage, noUsage, toFunctionCalls, toSaidText, type Usage } from '../../../core/messages.js'
import type { RunEvent, StepCompleted, StoredEvent, ToolCompleted, ToolStarted } from '../../../run/events.js'
import { advance, emptyRun, isChanged, type RunState } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { toOpenApprovals, toOpenCalls } from '../../../run/waiting.js'
import type { RunTeller } from '../run-teller.js'
import type { AguiEvent, AguiMessage, AguiOutcome, AguiUsage } from './agui-events.js'
import { toInterrupt } from './interrupts.js'
import { toToolCallId } from './message-ids.js'
import { MessageList } from './message-list.js'
import { toOlderOutcome } from './older-clients.js'
import { StepTeller } from './step-teller.js'
import { toResultEvent } from './tool-results.js'

/** What a run is told as. */
export interface AguiTelling {
  readonly key: RunKey
  /** The run's id in the client's words: where a run goes on after a human's decision, that is another one. */
  readonly runId: string
  /** The messages that the client shows. */
  readonly shown: readonly AguiMessage[]
  /** @default false */
  readonly isOlderClient?: boolean
}

/** Tells a run in AG-UI's events. Messages that are void, or have become others, are so by a snapshot of what there is. */
export class AguiTeller implements RunTeller<AguiEvent> {
  readonly #telling: AguiTelling
  readonly #steps: StepTeller
  readonly #list: MessageList
  #state: RunState = emptyRun
  /** The tool calls that were named to the client as its own. */
  readonly #named = new Set<string>()
  /** By model; without one what others have spent for the run. */
  #usage = new Map<string | undefined, Usage>()

  constructor(telling: AguiTelling) {
    this.#telling = telling
    this.#steps = new StepTeller(telling.key.run)
    this.#list = new MessageList(telling.key.run, telling.shown)
  }

  take(event: StoredEvent): readonly AguiEvent[] {
    this.#state = advance(this.#state, event)
    this.#spend(event)
    const events = event.type === 'run.accepted' ? this.resume() : this.#tell(event)
    for (const one of events) this.#list.take(one)
    return events
  }

  resume(): readonly AguiEvent[] {
    const { key, runId } = this.#telling
    this.#list.takeReports(this.#state)
    this.#usage = new Map()
    const metadata = { sessionId: key.session, correlationId: key.run }
    const started = {
      type: 'RUN_STARTED',
      threadId: key.session,
      runId,
      protocolVersion: '1.0',
      metadata,
    } as const
    return this.#list.isCutOff() ? [started, this.#toSnapshot()] : [started]
  }

  pause(): readonly AguiEvent[] {
    const { run } = this.#telling.key
    const interrupts = toOpenApprovals(this.#state).map((approval) => toInterrupt(run, approval))
    if (interrupts.length > 0) return this.#finish({ type: 'interrupt', interrupts })
    const open = toOpenCalls(this.#state).map(({ callId }) => this.#toToolCallId(callId))
    const pendingToolCallIds = open.filter((id) => !this.#named.has(id))
    for (const id of pendingToolCallIds) this.#named.add(id)
    return this.#finish({ type: 'success', pendingToolCallIds })
  }

  breakOff(): readonly AguiEvent[] {
    return this.#fail(
      'run_unfinished',
      'The run goes on, but its stream has ended: send the same input again.',
    )
  }

  /** What providers keep, and what is only about how the run is carried out, is not told. */
  #tell(event: RunEvent): readonly AguiEvent[] {
    switch (event.type) {
      case 'message.delta':
        return [...this.#steps.begin(event.data.step), ...this.#steps.add('text', event.data.text)]
      case 'reasoning.delta':
        return [...this.#steps.begin(event.data.step), ...this.#steps.add('reasoning', event.data.text)]
      case 'step.reset':
      case 'answer.rejected':
        return this.#retract()
      case 'step.completed':
        return this.#tellStep(event.data)
      case 'tool.started':
        return isChanged(this.#state, event.data) ? this.#changeArguments(event.data) : []
      case 'tool.progress': {
        const { callId, name: toolCallName, progress } = event.data
        const toolCallId = this.#toToolCallId(callId)
        return [{ type: 'CUSTOM', name: 'tool_progress', value: { toolCallId, toolCallName, progress } }]
      }
      case 'tool.completed':
        return this.#tellResult(event.data)
      case 'run.completed': {
        const { response, value, finishReason } = event.data
        const cut: readonly AguiEvent[] =
          finishReason === undefined ? [] : [{ type: 'CUSTOM', name: 'cut_off', value: { finishReason } }]
        return [...this.#changeAnswer(response), ...cut, ...this.#finish({ type: 'success' }, value)]
      }
      case 'run.failed':
        return this.#fail(event.data.code, event.data.detail)
      case 'run.cancelled':
        return this.#finish({ type: 'cancelled' })
      default:
        return []
    }
  }

  #tellStep({ step, message }: StepCompleted): readonly AguiEvent[] {
    const begun = this.#steps.begin(step)
    const retracted = this.#steps.isBeginningOf(message) ? [] : this.#retract()
    const said = this.#steps.complete(message)
    const parentMessageId = this.#steps.messageId
    const calls = toFunctionCalls(message).flatMap(({ callId, name, arguments: args }): AguiEvent[] => {
      const toolCallId = this.#toToolCallId(callId)
      return [
        { type: 'TOOL_CALL_START', toolCallId, toolCallName: name, parentMessageId },
        { type: 'TOOL_CALL_ARGS', toolCallId, delta: toJsonText(args) },
        { type: 'TOOL_CALL_END', toolCallId },
      ]
    })
    return [...begun, ...retracted, ...said, ...calls]
  }

  #changeArguments({ callId, arguments: args }: ToolStarted): readonly AguiEvent[] {
    this.#list.changeArguments(this.#toToolCallId(callId), () => toJsonText(args))
    return [this.#toSnapshot()]
  }

  /** What a client shows as its own report is not told. */
  #tellResult(completed: ToolCompleted): readonly AguiEvent[] {
    if (this.#list.hasReport(completed.callId)) return []
    return [toResultEvent(this.#telling.key.run, completed)]
  }

  #toToolCallId(callId: string): string {
    return toToolCallId(this.#telling.key.run, callId)
  }

  #retract(): readonly AguiEvent[] {
    const { events, ids } = this.#steps.retract()
    return ids.length === 0 ? events : [...events, this.#toSnapshot(ids)]
  }

  /** The answer may be another one than the last step's: middleware has the last word, and may have had the only one. */
  #changeAnswer(text: string): readonly AguiEvent[] {
    const last = this.#state.steps.at(-1)
    if (text === toSaidText(last?.message)) return []
    const isSaid = last?.calls.length === 0
    const retracted = isSaid ? this.#retract() : []
    const step = isSaid ? last.step : this.#state.steps.length
    return [...retracted, ...this.#steps.begin(step), ...this.#steps.add('text', text)]
  }

  #finish(
    outcome: AguiOutcome,
    result?: Extract<AguiEvent, { type: 'RUN_FINISHED' }>['result'],
  ): readonly AguiEvent[] {
    const { key, runId, isOlderClient = false } = this.#telling
    const known = isOlderClient ? toOlderOutcome(outcome) : outcome
    const usage = this.#toUsage()
    return [
      ...this.#steps.end(),
      { type: 'RUN_FINISHED', threadId: key.session, runId, result, outcome: known, usage },
    ]
  }

  #fail(code: string, message: string): readonly AguiEvent[] {
    return [...this.#steps.end(), { type: 'RUN_ERROR', message, code, usage: this.#toUsage() }]
  }

  #toSnapshot(without: readonly string[] = []): AguiEvent {
    return { type: 'MESSAGES_SNAPSHOT', messages: this.#list.toSnapshot(without) }
  }

  #spend(event: RunEvent): void {
    if (event.type === 'step.completed') this.#add(event.data.model, event.data.usage)
    if (event.type === 'history.summarized' || event.type === 'tool.completed')
      this.#add(undefined, event.data.usage ?? noUsage)
  }

  #add(model: string | undefined, usage: Usage): void {
    this.#usage.set(model, addUsage(this.#usage.get(model) ?? noUsage, usage))
  }

  #toUsage(): readonly AguiUsage[] {
    const spent = [...this.#usage].filter(([, { totalTokens }]) => totalTokens > 0)
    return spent.map(([model, usage]) => (model === undefined ? usage : { model, ...usage }))
  }
}
