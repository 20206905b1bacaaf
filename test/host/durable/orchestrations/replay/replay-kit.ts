import { createRequire } from 'node:module'
import type { OrchestrationHandler } from 'durable-functions'
import type { HistoryRow, Instance } from '../../../../../src/host/durable/hub/instance-table.js'
import type { Decision } from '../../../../../src/host/durable/orchestrations/decision.js'
import { toDecisionRow } from '../../../../../src/host/durable/orchestrations/history/decision-record.js'
import {
  eventTypes,
  toEpisodeEnd,
  toEpisodeStart,
  toEventText,
  toHistoryRow,
} from '../../../../../src/host/durable/orchestrations/history/history-event.js'
import { toOrchestrationTrigger } from '../../../../../src/host/durable/orchestrations/orchestrator/orchestration-trigger.js'
import {
  type OrchestratorAnswer,
  parseOrchestratorAnswer,
} from '../../../../../src/host/durable/orchestrations/orchestrator/orchestrator-answer.js'
import { type ReplayResult, replay } from '../../../../../src/host/durable/orchestrations/replay/replay.js'
import type { InvocationOutcome } from '../../../../../src/host/functions.js'

/** Turns a handler into what the worker calls; exported by the library's code, but not by its types. */
const { createOrchestrator } = createRequire(import.meta.url)(
  'durable-functions/lib/src/util/testingUtils.js',
) as {
  createOrchestrator(handler: OrchestrationHandler): (trigger: unknown, context: object) => Promise<unknown>
}

/** One execution of a real orchestrator of durable-functions, with a clock that the test moves and no host around it. */
export interface TestFlow {
  /** Epoch milliseconds. */
  now: number
  readonly history: readonly HistoryRow[]
  /** What the last episode answered. */
  readonly answer: OrchestratorAnswer
  /** Every decision so far that nothing has ended yet, by number; timers that are cancelled left out. */
  readonly open: ReadonlyMap<number, Decision>
  /** True when the orchestrator has ended and nothing is waited for. */
  readonly isOver: boolean
  readonly replayed: ReplayResult
  /** Events that are left for the next execution. */
  readonly left: readonly HistoryRow[]
  /** Handles events in one episode, or in several where one would be ambiguous. */
  handle(...events: readonly HistoryRow[]): Promise<readonly Decision[]>
}

export async function startFlow(handler: OrchestrationHandler, input: unknown = null): Promise<TestFlow> {
  const instance: Instance = {
    id: 'flow',
    execution: 'e0',
    name: 'flow',
    version: '',
    status: 'Running',
    createdAt: 0,
    updatedAt: 0,
    input: JSON.stringify(input),
    output: null,
    customStatus: null,
    parent: null,
  }
  const run = createOrchestrator(handler)
  const history: HistoryRow[] = []
  const open = new Map<number, Decision>()

  async function ask(news: readonly HistoryRow[]): Promise<OrchestratorAnswer> {
    const trigger = toOrchestrationTrigger(instance, history, news, 30_000)
    return parseOrchestratorAnswer(await invoke(() => run(parse(trigger), {})))
  }

  async function handle(...events: readonly HistoryRow[]): Promise<readonly Decision[]> {
    const news = [toEpisodeStart(flow.now), ...events]
    const answer = await ask(news)
    const replayed = replay({ execution: 'e0', actions: answer.actions, httpPollMs: 30_000, history, news })
    if (replayed.cutAfter !== undefined) {
      const first = await handle(...events.slice(0, replayed.cutAfter))
      const rest = events.slice(replayed.cutAfter)
      if (flow.replayed.next) return Object.assign(flow, { left: rest }) && first
      return [...first, ...(await handle(...rest))]
    }
    const decided = replayed.decisions.map((decision) => toDecisionRow(decision, instance, flow.now))
    history.push(...news, ...decided, toEpisodeEnd(flow.now, answer.actions.length))
    for (const decision of replayed.decisions) open.set(decision.number, decision)
    for (const number of replayed.canceledTimers) open.delete(number)
    for (const { type, task } of events) if (type !== eventTypes.eventRaised) open.delete(task)
    const isOver = (answer.isDone || answer.failure !== undefined) && !replayed.hasOpenTasks
    Object.assign(flow, { answer, replayed, isOver })
    return replayed.decisions
  }

  const flow = {
    now: Date.parse('2026-01-01T00:00:00Z'),
    history,
    open,
    left: [],
    handle,
  } as unknown as TestFlow
  await handle(toHistoryRow(toEventText({ type: eventTypes.executionStarted, at: flow.now })))
  return flow
}

function parse(trigger: ReturnType<typeof toOrchestrationTrigger>): unknown {
  return JSON.parse('string' in trigger ? trigger.string : 'null')
}

async function invoke(run: () => Promise<unknown>): Promise<InvocationOutcome> {
  try {
    const result = await run()
    return { succeeded: true, returnValue: { json: JSON.stringify(result) }, outputs: {} }
  } catch (error) {
    const { message, stack = '' } = error as Error
    return { succeeded: false, message, stack, timedOut: false }
  }
}

/** The event that a task ends with. */
export function completed(task: number, result: unknown, at = 0): HistoryRow {
  const fields = { TaskScheduledId: task, Result: JSON.stringify(result) }
  return toHistoryRow(toEventText({ type: eventTypes.taskCompleted, at, fields }))
}

export function failed(task: number, reason: string, at = 0): HistoryRow {
  const fields = { TaskScheduledId: task, Reason: reason, Details: '' }
  return toHistoryRow(toEventText({ type: eventTypes.taskFailed, at, fields }))
}

export function fired(task: number, at = 0): HistoryRow {
  return toHistoryRow(toEventText({ type: eventTypes.timerFired, at, fields: { TimerId: task } }))
}

export function raised(name: string, data: unknown, at = 0): HistoryRow {
  const fields = { Name: name, Input: JSON.stringify(data) }
  return toHistoryRow(toEventText({ type: eventTypes.eventRaised, at, fields }))
}
