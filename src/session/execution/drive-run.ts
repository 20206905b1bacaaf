import { randomUUID } from 'node:crypto'
import type { RunSetup } from '../../agent/loop/run-context.js'
import { runLoop } from '../../agent/loop/run-loop.js'
import type { UndoneRuns } from '../../agent/loop/undone-runs.js'
import { observeRun } from '../../agent/telemetry/observe-run.js'
import type { RunObserver } from '../../agent/telemetry/observed-run.js'
import type { RunEvent } from '../../run/events.js'
import { fold, type RunState, toNextExecution } from '../../run/fold.js'
import { isInnerRun } from '../../run/inner-run.js'
import { RunJournal } from '../../run/run-journal.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { tryAppend } from '../../run/try-append.js'
import { createDelegation } from '../delegation/delegate-run.js'
import { appendPersistently } from './append-persistently.js'
import type { RunDrive } from './run-drive.js'
import { sayAlive } from './say-alive.js'
import { withAttachments } from './with-attachments.js'

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
    delegation: createDelegation(drive, driveRun),
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
