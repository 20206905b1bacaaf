import { toCanonicalJson } from '../core/json.js'
import {
  addUsage,
  type ChatMessage,
  type FunctionCallContent,
  noUsage,
  toFunctionCalls,
  type Usage,
} from '../core/messages.js'
import type { Decision } from './control.js'
import type {
  AnswerRejected,
  ApprovalRequested,
  HistorySummarized,
  ParkReason,
  RunEvent,
  RunPrepared,
  RunRequest,
  RunStarted,
  SessionState,
  StepCompleted,
  TerminalEvent,
  ToolCompleted,
  ToolPending,
  ToolStarted,
} from './events.js'

/** One tool call of a step, and how far it got. */
export interface CallState {
  readonly call: FunctionCallContent
  /** The newest execution; absent when none was begun. */
  readonly started?: ToolStarted | undefined
  /** A human was asked, and the call has not been begun since. */
  readonly approval?: ApprovalRequested | undefined
  /** The answer to `approval`. */
  readonly decision?: Decision | undefined
  /** The tool has returned, and its result will come from outside. */
  readonly pending?: ToolPending | undefined
  readonly completed?: ToolCompleted | undefined
}

/** One finished model call with the tool calls it made. */
export interface StepState extends StepCompleted {
  readonly calls: readonly CallState[]
}

/** Messages that joined a run on its way. */
export interface Steering {
  /** The run that brought them. */
  readonly run: string
  readonly messages: readonly ChatMessage[]
  /** How many steps were finished when they came. */
  readonly afterSteps: number
}

/** Everything a log says about its run. */
export interface RunState {
  /** How many events were folded: the next event's id. */
  readonly next: number
  readonly request: RunRequest | undefined
  /** 0 until the run is first started. */
  readonly epoch: number
  readonly attempt: number
  /** 0 until the run is first started. */
  readonly turn: number
  /** From this turn on all before this run's is taken back; `undefined` until it is first started, and for runs that take nobody's place. */
  readonly replacesTurn: number | undefined
  readonly steps: readonly StepState[]
  readonly steering: readonly Steering[]
  /** Answers that did not fit the schema that was asked for. */
  readonly rejections: readonly AnswerRejected[]
  /** The text of an unfinished step whose deltas are in the log; `undefined` when there are none. */
  readonly partial: string | undefined
  /** The token of an answer that a model makes in the background. */
  readonly continuation: string | undefined
  /** What its providers and middleware gave it; `undefined` before, and for agents that have none. */
  readonly prepared: RunPrepared | undefined
  /** What providers keep in the session, as far as this run has changed it. */
  readonly stateChanges: SessionState
  /** What this run has boiled its session's older turns down to. */
  readonly summary: HistorySummarized | undefined
  /** Why nobody works on it at the moment. */
  readonly parked: ParkReason | undefined
  /** The run that this one's messages joined. */
  readonly joined: string | undefined
  readonly usage: Usage
  /** How many tokens it had spent when a human last granted it more; 0 before. */
  readonly tokensAtGrant: number
  /** Whether a human would not grant it more. */
  readonly isGrantRefused: boolean
  readonly outcome: TerminalEvent | undefined
}

export const emptyRun: RunState = {
  next: 0,
  request: undefined,
  epoch: 0,
  attempt: 0,
  turn: 0,
  replacesTurn: undefined,
  steps: [],
  steering: [],
  rejections: [],
  partial: undefined,
  continuation: undefined,
  prepared: undefined,
  stateChanges: {},
  summary: undefined,
  parked: undefined,
  joined: undefined,
  usage: noUsage,
  tokensAtGrant: 0,
  isGrantRefused: false,
  outcome: undefined,
}

/** What a log says, from its events in order. Cut the list anywhere and the result is the state at that moment. */
export function fold(events: Iterable<RunEvent>, from: RunState = emptyRun): RunState {
  let state = from
  for (const event of events) state = advance(state, event)
  return state
}

/** The state after one more event. */
export function advance(state: RunState, event: RunEvent): RunState {
  return { ...state, ...changeOf(state, event), next: state.next + 1 }
}

function changeOf(state: RunState, event: RunEvent): Partial<RunState> {
  switch (event.type) {
    case 'run.accepted':
      return { request: event.data }
    case 'run.started':
      return toStarted(event.data)
    case 'run.parked':
      return { parked: event.data.reason }
    case 'run.resumed':
      return { parked: undefined, steps: changeCalls(state.steps, toResumed) }
    case 'history.summarized':
      return { summary: event.data, usage: addUsage(state.usage, event.data.usage) }
    case 'run.prepared':
      return { prepared: event.data }
    case 'state.changed':
      return { stateChanges: { ...state.stateChanges, ...event.data.state } }
    case 'run.joined':
      return { joined: event.data.run }
    case 'run.steered':
      return { steering: [...state.steering, { ...event.data, afterSteps: state.steps.length }] }
    case 'message.delta':
      return { partial: (state.partial ?? '') + event.data.text }
    case 'reasoning.delta':
      return { partial: state.partial ?? '' }
    case 'step.reset':
      return { partial: undefined }
    case 'step.continued':
      return { continuation: event.data.token }
    case 'step.completed':
      return {
        steps: [...state.steps, toStepState(event.data)],
        usage: addUsage(state.usage, event.data.usage),
        partial: undefined,
        continuation: undefined,
      }
    case 'answer.rejected':
      return { rejections: [...state.rejections, event.data] }
    case 'tool.progress':
    case 'run.alive':
      return {}
    case 'tool.started':
      return { steps: changeCall(state.steps, event.data.callId, { started: event.data, ...noWait }) }
    case 'tool.pending':
      return { steps: changeCall(state.steps, event.data.callId, { pending: event.data }) }
    case 'approval.requested':
      return {
        steps: changeCall(state.steps, event.data.callId, { approval: event.data, decision: undefined }),
      }
    case 'approval.decided':
      return toDecided(state, event.data)
    case 'tool.completed':
      return {
        steps: changeCall(state.steps, event.data.callId, { completed: event.data }),
        usage: addUsage(state.usage, event.data.usage ?? noUsage),
      }
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      return { outcome: event }
  }
}

function toStarted({ epoch, attempt, turn, replacesTurn }: RunStarted): Partial<RunState> {
  return { epoch, attempt, turn, replacesTurn }
}

function toStepState(step: StepCompleted): StepState {
  return { ...step, calls: toFunctionCalls(step.message).map((call) => ({ call })) }
}

/** A decision lets a call begin once; should that be cut off, it takes another. */
const noWait = { approval: undefined, decision: undefined, pending: undefined }

/** A run that works for a call finds out by itself whether it can go on. */
function toResumed(call: CallState): CallState {
  return call.pending?.inner === undefined ? call : { ...call, pending: undefined }
}

function toDecided(state: RunState, decision: Decision): Partial<RunState> {
  const decided = toLastCalls(state).find(({ approval }) => approval?.approvalId === decision.approvalId)
  if (decided === undefined) return {}
  const steps = changeCall(state.steps, decided.call.callId, { decision })
  if (!asksForTokens(decided)) return { steps }
  return decision.decision === 'approve'
    ? { steps, tokensAtGrant: state.usage.totalTokens }
    : { steps, isGrantRefused: true }
}

/** Whether a human was asked for more tokens by this call: one that works for it asks for its own. */
export function asksForTokens({ approval }: CallState): boolean {
  return approval?.reason === 'budget_exhausted' && approval.inner === undefined
}

function changeCall(
  steps: readonly StepState[],
  callId: string,
  change: Partial<CallState>,
): readonly StepState[] {
  return changeCalls(steps, (state) => (state.call.callId === callId ? { ...state, ...change } : state))
}

function changeCalls(
  steps: readonly StepState[],
  change: (call: CallState) => CallState,
): readonly StepState[] {
  const last = steps.at(-1)
  if (last === undefined) return steps
  return [...steps.slice(0, -1), { ...last, calls: last.calls.map(change) }]
}

/** The tool calls of a run's last step: only these can be unfinished. */
export function toLastCalls({ steps }: Pick<RunState, 'steps'>): readonly CallState[] {
  return steps.at(-1)?.calls ?? []
}

/** Whether a call is run with other arguments than the model's: a human may have changed them. */
export function isChanged(state: Pick<RunState, 'steps'>, { callId, arguments: args }: ToolStarted): boolean {
  const asked = toLastCalls(state).find(({ call }) => call.callId === callId)
  return asked !== undefined && areChanged(asked, args)
}

/** Whether arguments are other ones than those that the model gave a call. */
export function areChanged({ call }: Pick<CallState, 'call'>, args: ToolStarted['arguments']): boolean {
  return toCanonicalJson(call.arguments) !== toCanonicalJson(args)
}

/** How a run's next execution counts: a run that was parked is gone on with, not begun once more. */
export function toNextExecution({ epoch, attempt, parked }: RunState): {
  readonly epoch: number
  readonly attempt: number
} {
  return { epoch: epoch + 1, attempt: parked === undefined ? attempt + 1 : attempt }
}

/** Whether a run's message is being worked on: by itself, or by the run that it joined. */
export function isBegun({ epoch, joined }: RunState): boolean {
  return epoch > 0 || joined !== undefined
}
