import {
  addUsage,
  type ChatMessage,
  type FunctionCallContent,
  type FunctionResultContent,
  noUsage,
  toFunctionCalls,
  type Usage,
} from '../core/messages.js'
import {
  isTerminal,
  type RunEvent,
  type RunRequest,
  type StepCompleted,
  type TerminalEvent,
  type ToolCompleted,
  type ToolStarted,
} from './events.js'

/** One tool call of a step, and how far it got. */
export interface CallState {
  readonly call: FunctionCallContent
  /** The newest execution; absent when none was begun. */
  readonly started?: ToolStarted | undefined
  readonly completed?: ToolCompleted | undefined
}

/** One finished model call with the tool calls it made. */
export interface StepState extends StepCompleted {
  readonly calls: readonly CallState[]
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
  readonly steps: readonly StepState[]
  /** Whether deltas of an unfinished step are in the log. */
  readonly provisional: boolean
  readonly usage: Usage
  readonly outcome: TerminalEvent | undefined
}

export const emptyRun: RunState = {
  next: 0,
  request: undefined,
  epoch: 0,
  attempt: 0,
  turn: 0,
  steps: [],
  provisional: false,
  usage: noUsage,
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
      return { epoch: event.data.epoch, attempt: event.data.attempt, turn: event.data.turn }
    case 'message.delta':
    case 'reasoning.delta':
      return { provisional: true }
    case 'step.reset':
      return { provisional: false }
    case 'step.completed':
      return {
        steps: [...state.steps, toStepState(event.data)],
        usage: addUsage(state.usage, event.data.usage),
        provisional: false,
      }
    case 'tool.started':
      return { steps: changeCall(state.steps, event.data.callId, { started: event.data }) }
    case 'tool.completed':
      return { steps: changeCall(state.steps, event.data.callId, { completed: event.data }) }
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      return isTerminal(event) ? { outcome: event } : {}
  }
}

function toStepState(step: StepCompleted): StepState {
  return { ...step, calls: toFunctionCalls(step.message).map((call) => ({ call })) }
}

function changeCall(
  steps: readonly StepState[],
  callId: string,
  change: Partial<CallState>,
): readonly StepState[] {
  const last = steps.at(-1)
  if (last === undefined) return steps
  const calls = last.calls.map((state) => (state.call.callId === callId ? { ...state, ...change } : state))
  return [...steps.slice(0, -1), { ...last, calls }]
}

/** The messages a run has added after the user's: each answer, followed by one message with the results of its tool calls. */
export function toTurnMessages(state: RunState): readonly ChatMessage[] {
  return state.steps.flatMap((step) => {
    const results = step.calls.map(toResult).filter((result) => result !== undefined)
    return results.length === 0
      ? [step.message]
      : [step.message, { role: 'tool', contents: results } as const]
  })
}

function toResult({ call, completed }: CallState): FunctionResultContent | undefined {
  if (completed === undefined) return undefined
  const { result, error } = completed
  return error === undefined
    ? { type: 'functionResult', callId: call.callId, result: result ?? null }
    : { type: 'functionResult', callId: call.callId, error }
}
