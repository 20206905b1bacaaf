import type { AgentDefinition } from '../agent/agent-definition.js'
import { RunControls } from '../agent/run-controls.js'
import { runLoop } from '../agent/run-loop.js'
import { toRequestText, toResponse } from '../agent/to-answer.js'
import { toUpdate } from '../agent/to-update.js'
import { type Clock, toTimestamp } from '../core/clock.js'
import { hasCode } from '../core/errors.js'
import type { ChatMessage } from '../core/messages.js'
import type { ControlRecord } from '../run/control.js'
import type { RunEvent, StoredEvent } from '../run/events.js'
import { fold, type RunState, toOpenApprovals } from '../run/fold.js'
import { RunJournal } from '../run/run-journal.js'
import type { RunKey, RunLog } from '../run/run-log.js'
import { CallbackQueue } from './callback-queue.js'
import { type OperationLimits, toExecutionLimits } from './execution-limits.js'
import type { AgentCallbackContext, AgentResponseCallback } from './response-callback.js'

export interface RunExecution {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly key: RunKey
  readonly callback: AgentResponseCallback | undefined
  /** The conversation before this run; asked for only when it is needed. */
  readonly readHistory: () => Promise<readonly ChatMessage[]>
  /** The run's place in the session. */
  readonly turn: number
  /** The user's messages before this run. */
  readonly messageCount: number
  /** Tokens the session has spent before this run. */
  readonly sessionTokens: number
  readonly limits: OperationLimits
  /** When the operation began; ms since 1970. */
  readonly operationStart: number
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/**
 * Takes a run over and carries it on from wherever its log stands, to its end or to where it has to wait: what is
 * recorded is not done again. Leaves a run alone that has ended, or that waits and has nothing new to go on with.
 * Returns where it stands.
 * @throws {FencedError} when another executor takes it over, or it is deleted.
 */
export async function executeRun(execution: RunExecution): Promise<RunState> {
  const { log, key, clock } = execution
  const [events, records] = await Promise.all([log.read(key), log.controls(key)])
  const state = fold(events)
  if (state.request === undefined || state.outcome !== undefined || state.joined !== undefined) return state
  if (state.parked === 'approval' && !hasNews(state, records, toTimestamp(clock.now()))) return state
  const controls = new RunControls()
  controls.update(records)
  const watching = new AbortController()
  const watched = watch(log, key, controls, watching.signal)
  try {
    return await execute(execution, events, controls)
  } finally {
    watching.abort()
    await watched
  }
}

/** Whether a run that waits for decisions can go on. */
function hasNews(state: RunState, records: readonly ControlRecord[], now: string): boolean {
  const open = toOpenApprovals(state)
  if (open.length === 0 || open.some(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now))
    return true
  return records.some((record) => {
    if (record.type === 'cancel') return true
    return record.type === 'decision' && open.some(({ approvalId }) => approvalId === record.approvalId)
  })
}

async function watch(log: RunLog, key: RunKey, controls: RunControls, signal: AbortSignal): Promise<void> {
  for await (const records of log.watchControls(key, signal)) controls.update(records)
}

async function execute(
  execution: RunExecution,
  events: readonly StoredEvent[],
  controls: RunControls,
): Promise<RunState> {
  const { agent, log, key, turn, onError, messageCount, clock } = execution
  const callbacks = new CallbackQueue({ onError, clock })
  const journal: RunJournal = new RunJournal({
    events,
    append: (expected, added) => log.append(key, expected, added),
    onAppended: (event) => announce(event, execution, journal, callbacks),
    clock,
  })
  const { epoch, attempt, parked } = journal.state
  const crashed = parked === undefined
  journal.record({
    type: 'run.started',
    data: { epoch: epoch + 1, attempt: crashed ? attempt + 1 : attempt, turn },
  })
  if (parked !== undefined) journal.record({ type: 'run.resumed', data: { reason: parked } })
  await journal.flush()
  const state = await runLoop({
    agent,
    journal,
    history: await execution.readHistory(),
    sessionId: key.session,
    correlationId: key.run,
    messageCount,
    limits: toExecutionLimits(agent, execution.limits, { ...execution, events, now: clock.now() }),
    controls,
    join: (run) => joinRun(log, { ...key, run }, key.run),
    signal: journal.broken,
    clock,
    onError,
  })
  await callbacks.drain()
  return state
}

/** Makes a run part of another one, unless it was begun on its own. Doing it twice is doing it once. */
async function joinRun(log: RunLog, key: RunKey, into: string): Promise<boolean> {
  try {
    await log.append(key, 1, [{ type: 'run.joined', data: { run: into } }])
    return true
  } catch (error) {
    if (!hasCode(error, 'fenced')) throw error
    return fold(await log.read(key)).joined === into
  }
}

function announce(
  event: RunEvent,
  { key, callback }: RunExecution,
  journal: RunJournal,
  callbacks: CallbackQueue,
): void {
  if (callback === undefined) return
  const context: AgentCallbackContext = {
    agentName: key.agent,
    correlationId: key.run,
    sessionId: key.session,
    requestMessage: toRequestText(journal.state.request?.messages ?? []),
  }
  const update = toUpdate(event)
  if (update !== undefined) callbacks.add(() => callback.onStreamingResponseUpdate?.(update, context))
  if (event.type === 'run.completed') {
    callbacks.add(() => callback.onAgentResponse?.(toResponse(journal.state, key.run), context))
  }
}
