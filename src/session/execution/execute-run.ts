import { RunControls } from '../../agent/loop/run-controls.js'
import { toTimestamp } from '../../core/clock.js'
import type { ControlRecord } from '../../run/control.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { toRequestText, toResponse } from '../../run/to-response.js'
import { toUpdate } from '../../run/to-update.js'
import { isAnswer, isExpired, isIdle, toOpenApprovals, toPendingCalls } from '../../run/waiting.js'
import { CallbackQueue } from './callback-queue.js'
import { driveRun } from './drive-run.js'
import { type LimitedExecution, toExecutionLimits } from './execution-limits.js'
import type { AgentCallbackContext, AgentResponseCallback } from './response-callback.js'
import type { RunDrive } from './run-drive.js'
import { watchControls } from './watch-controls.js'

/** What is written of a run: its log, and the wishes about it. */
export interface WrittenRun {
  readonly events: readonly StoredEvent[]
  readonly records: readonly ControlRecord[]
}

/** Reads what is written of a run. */
export async function readWritten(log: RunLog, key: RunKey): Promise<WrittenRun> {
  const [events, records] = await Promise.all([log.read(key), log.controls(key)])
  return { events, records }
}

/** What an execution of a run finds out by itself. */
type Found = 'request' | 'events' | 'controls' | 'limits' | 'onAppended'

/** An execution of a run in an operation of its session. */
export interface RunExecution extends Omit<RunDrive, Found>, LimitedExecution {
  /** Just read. */
  readonly written: WrittenRun
  readonly callback: AgentResponseCallback | undefined
}

/**
 * Takes a run over and carries it on from wherever its log stands, to its end or to where it has to wait: what is
 * recorded is not done again. Leaves a run alone that has ended, or that waits and has nothing new to go on with.
 * Returns where it stands.
 * @throws {FencedError} when another executor takes it over, or it is deleted.
 */
export async function executeRun(execution: RunExecution): Promise<RunState> {
  const { log, key, clock } = execution
  const { events, records } = execution.written
  const state = fold(events)
  if (state.request === undefined || state.outcome !== undefined || state.joined !== undefined) return state
  if (isIdle(state.parked) && !hasNews(state, records, toTimestamp(clock.now()))) return state
  const controls = new RunControls()
  controls.update(records)
  const watching = new AbortController()
  const watched = watchControls(execution, controls, watching.signal).catch(execution.onError)
  try {
    const carried = await execute(execution, { request: state.request, events, controls })
    // What came while the run was being parked may have found nobody to wake.
    if (!isIdle(carried.parked)) return carried
    return await executeRun({ ...execution, written: await readWritten(log, key) })
  } finally {
    // With a reason, as the making of an exception that nobody sees would cost more than the rest.
    watching.abort(null)
    await watched
  }
}

/** Whether a run that waits for decisions, or for the results of tools, can go on. */
function hasNews(state: RunState, records: readonly ControlRecord[], now: string): boolean {
  const open = toOpenApprovals(state)
  if (open.length + toPendingCalls(state).length === 0) return true
  return (
    open.some((approval) => isExpired(approval, now)) || records.some((record) => isAnswer(state, record))
  )
}

async function execute(
  execution: RunExecution,
  found: Pick<RunDrive, 'request' | 'events' | 'controls'>,
): Promise<RunState> {
  const callbacks = new CallbackQueue(execution)
  const state = await driveRun({
    ...execution,
    ...found,
    limits: toExecutionLimits(execution, found.events),
    onAppended: (event, current) => tellCallback(event, current, execution, callbacks),
  })
  await callbacks.drain()
  return state
}

function tellCallback(
  event: RunEvent,
  state: RunState,
  { key, callback }: RunExecution,
  callbacks: CallbackQueue,
): void {
  if (callback === undefined) return
  const context: AgentCallbackContext = {
    agentName: key.agent,
    correlationId: key.run,
    sessionId: key.session,
    requestMessage: toRequestText(state.request?.messages ?? []),
  }
  const update = toUpdate(event)
  if (update !== undefined) callbacks.add(() => callback.onStreamingResponseUpdate?.(update, context))
  if (event.type === 'run.completed') {
    callbacks.add(() => callback.onAgentResponse?.(toResponse(state, key.run), context))
  }
}
