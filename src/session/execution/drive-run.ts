import { randomUUID } from 'node:crypto'
import { toAgentLimits } from '../../agent/loop/agent-limits.js'
import type { DelegatedRun, DelegateRequest, Delegation } from '../../agent/loop/delegation.js'
import type { RunSetup, RunTask } from '../../agent/loop/run-context.js'
import { RunControls } from '../../agent/loop/run-controls.js'
import { runLoop } from '../../agent/loop/run-loop.js'
import type { UndoneRuns } from '../../agent/loop/undone-runs.js'
import { observeRun } from '../../agent/telemetry/observe-run.js'
import type { RunObserver } from '../../agent/telemetry/observed-run.js'
import type { DurableTools } from '../../agent/tools/durable-tools.js'
import { type ChatMessage, createTextMessage } from '../../core/messages.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'
import { fold, type RunState, toNextExecution } from '../../run/fold.js'
import { isInnerRun, toInnerRun } from '../../run/inner-run.js'
import { RunJournal } from '../../run/run-journal.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { tryAppend } from '../../run/try-append.js'
import { toAnswerText } from '../../run/turn-messages.js'
import { toOpenApprovals, toPendingCalls } from '../../run/waiting.js'
import { createRunRequest } from '../client/run-request.js'
import { appendPersistently } from './append-persistently.js'
import { sayAlive } from './say-alive.js'
import { withAttachments } from './with-attachments.js'

/** One execution of a run that has not ended. */
export interface RunDrive extends RunTask {
  readonly log: RunLog
  readonly key: RunKey
  /** What the log holds. */
  readonly events: readonly StoredEvent[]
  /** 0 for a run that is part of another one. */
  readonly turn: number
  /** The turn of the run whose place it takes. @default none */
  readonly replacesTurn?: number | undefined
  /** Finds what the model is shown of the past; may journal what that took. */
  readonly readHistory: (journal: RunJournal) => Promise<readonly ChatMessage[]>
  /** The orchestrations of its app, for the tools of a run; absent where there are none. */
  readonly durable?: ((key: RunKey) => DurableTools) | undefined
  readonly onAppended?: ((event: RunEvent, state: RunState) => void) | undefined
  /** Aborts when whoever asked for this run must stop. */
  readonly signal?: AbortSignal | undefined
}

/** Takes a run over, which fences off whoever had it, and carries it on to its end or to where it has to wait. */
export function driveRun(drive: RunDrive): Promise<RunState> {
  const { agent, key, events, clock } = drive
  const observed = { agent, sessionId: key.session, correlationId: key.run, events, clock }
  return observeRun(observed, (observer) => carryOn(drive, observer))
}

async function carryOn(drive: RunDrive, observer: RunObserver): Promise<RunState> {
  const { key, clock, limits } = drive
  const journal = openJournal(drive, observer)
  const { parked } = journal.state
  takeOver(drive, observer, journal)
  await journal.flush()
  const fallSilent = isInnerRun(key) ? () => {} : sayAlive(journal, clock, limits.hardEnd)
  try {
    const history = await drive.readHistory(journal)
    return await runLoop({
      ...toSetup(drive, journal),
      history,
      // The first execution shows the answer as it is made; once it is parked, a look now and then does.
      waiting: { follows: (comesBack) => !comesBack || parked !== 'background', isLeftToCaller: false },
    })
  } finally {
    fallSilent()
  }
}

function openJournal(drive: RunDrive, observer: RunObserver): RunJournal {
  const { log, key, events, limits, onAppended, onError, clock } = drive
  // Also past the time for further steps: what a step has given would be lost.
  const appending = { log, key, clock, until: limits.hardEnd, onError }
  const journal: RunJournal = new RunJournal({
    events,
    deltaDelayMs: log.deltaDelayMs,
    append: (expected, added) => appendPersistently(appending, expected, added),
    onAppended(event) {
      observer.note(event)
      onAppended?.(event, journal.state)
    },
    clock,
  })
  return journal
}

/** Notes who carries the run out from now on. */
function takeOver({ turn, replacesTurn }: RunDrive, { trace }: RunObserver, journal: RunJournal): void {
  const { parked } = journal.state
  const started = {
    ...toNextExecution(journal.state),
    turn,
    executor: randomUUID().slice(0, 8),
    ...(replacesTurn && { replacesTurn }),
    ...(trace && { trace }),
  }
  journal.record({ type: 'run.started', data: started })
  if (parked !== undefined) journal.record({ type: 'run.resumed', data: { reason: parked } })
}

function toSetup(drive: RunDrive, journal: RunJournal): Omit<RunSetup, 'history' | 'waiting'> {
  const { agent, log, key, durable, signal } = drive
  return {
    ...drive,
    agent: { ...agent, client: withAttachments(agent.client, log, key) },
    journal,
    sessionId: key.session,
    correlationId: key.run,
    join: (run) => joinRun(log, { ...key, run }, key.run),
    hasJoined: (run) => hasJoined(log, { ...key, run }, key.run),
    undoneRuns: createUndoneRuns(log, key),
    delegation: createDelegation(drive),
    durable: durable?.(key),
    signal: signal === undefined ? journal.broken : AbortSignal.any([journal.broken, signal]),
  }
}

/** Makes a run part of another one, unless it was begun on its own or is to be cancelled. Doing it twice is doing it once. */
async function joinRun(log: RunLog, key: RunKey, into: string): Promise<boolean> {
  if ((await log.controls(key)).some(({ type }) => type === 'cancel')) return hasJoined(log, key, into)
  const joined: RunEvent = { type: 'run.joined', data: { run: into } }
  return (await tryAppend(log, key, 1, joined)) || hasJoined(log, key, into)
}

async function hasJoined(log: RunLog, key: RunKey, into: string): Promise<boolean> {
  return fold(await log.read(key)).joined === into
}

function createUndoneRuns(log: RunLog, key: RunKey): UndoneRuns {
  const read = async (run: string) => fold(await log.read({ ...key, run }))
  return {
    read,
    async noteAttempt(run) {
      await log.control({ ...key, run }, { type: 'undone', run: key.run })
      const records = await log.controls({ ...key, run })
      return Promise.all(records.flatMap((record) => (record.type === 'undone' ? [read(record.run)] : [])))
    },
  }
}

function createDelegation(outer: RunDrive): Delegation {
  return {
    run: (asked) => runDelegate(outer, asked),
    async decide(callId, decision) {
      await outer.log.control(toInnerRun(outer.key, callId), { type: 'decision', ...decision })
    },
  }
}

async function runDelegate(
  { log, key: outerKey, request: { owner }, limits, durable, onError, clock }: RunDrive,
  asked: DelegateRequest,
): Promise<DelegatedRun> {
  const { agent, callId, message, undoes, metadata, values, history } = asked
  const key = toInnerRun(outerKey, callId)
  const messages = [createTextMessage('user', message)]
  const options = { enableToolCalls: true, undoes }
  const request = createRunRequest({ messages, owner, metadata, options })
  await log.create(key, request)
  const events = await log.read(key)
  const controls = new RunControls()
  controls.update(await log.controls(key))
  const state = fold(events)
  if (state.outcome !== undefined) return toDelegatedRun(state)
  const driven = await driveRun({
    ...asked,
    log,
    key,
    request: state.request ?? request,
    events,
    controls,
    turn: 0,
    readHistory: async () => history,
    messageCount: 0,
    readValues: () => values,
    limits: { ...limits, ...toAgentLimits(agent) },
    onAppended: asked.onEvent,
    durable,
    onError,
    clock,
  })
  return toDelegatedRun(driven)
}

function toDelegatedRun(state: RunState): DelegatedRun {
  const { outcome, usage, stateChanges } = state
  if (state.parked === 'operation_limit' || state.parked === 'background')
    return { parked: state.parked, stateChanges }
  const [approval] = toOpenApprovals(state)
  if (approval !== undefined) return { parked: 'approval', approval, stateChanges }
  if (state.parked === 'tool') return { parked: 'tool', calls: toPendingCalls(state), stateChanges }
  switch (outcome?.type) {
    case 'run.completed':
      return { result: toAnswerText(state), usage, stateChanges }
    case 'run.failed':
      return { error: outcome.data.detail, usage, stateChanges }
    default:
      return { error: 'The agent was stopped before it had an answer.', usage, stateChanges }
  }
}
