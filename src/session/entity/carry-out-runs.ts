import { setImmediate as nextTurn } from 'node:timers/promises'
import { FencedError, hasCode } from '../../core/errors.js'
import type { StoredEvent } from '../../run/events.js'
import { findOpenRuns } from '../../run/find-runs.js'
import { fold } from '../../run/fold.js'
import type { RunSummary } from '../../run/run-log.js'
import { createReplacesError } from '../client/check-replaced.js'
import { executeRun, type RunExecution, readWritten, type WrittenRun } from '../execution/execute-run.js'
import { outlastFailures } from '../execution/outlast-failures.js'
import type { AgentState } from '../state/agent-state.js'
import type { Conversation } from '../state/conversation.js'
import { inherit } from '../state/inherit.js'
import { prepareHistory } from '../state/prepare-history.js'
import { findTurnOf, takeBack, toReplaced } from '../state/take-back.js'
import { addTurn, adoptOutcome, announceFailed, announceWaiting, failRun, signalRun } from './ended-runs.js'
import { type Operation, restoreState, type SessionOperation, toPatience, toStateOf } from './operation.js'
import { outlastExecutor } from './outlast-executor.js'

/**
 * Carries out a run that is in the log, and before it those accepted earlier, as the signals of two messages may overtake each
 * other. Stops at a run that waits: what comes after it waits too.
 */
export async function carryOutRuns(operation: Operation, correlationId: string): Promise<void> {
  const { context } = operation
  const beginning = await outlastFailures(toPatience(operation), () => begin(operation, correlationId))
  const { state } = beginning
  const { turn } = state.own
  // What was found counts for the first try: a later one has to look again.
  let { found } = beginning
  try {
    await outlastFailures(toPatience(operation), () => {
      const first = found
      found = undefined
      return carryOut({ ...operation, state }, correlationId, first)
    })
  } catch (error) {
    // Whoever took the run over may be the one whose operation counts for nothing: then it ends there, and nobody takes it in.
    if (error instanceof FencedError && error.isTakenOver) signalRun(operation, correlationId)
    throw error
  } finally {
    if (state.own.turn !== turn) context.df.setState(state.getState())
  }
}

/** The runs of a session that are to be looked at, and what is written of the one that was named. */
interface FoundRuns {
  readonly pending: readonly RunSummary[]
  readonly written: WrittenRun
}

/** What an operation begins with, read at once: each trip to a distant store takes its time. */
async function begin(
  operation: Operation,
  correlationId: string,
): Promise<{ readonly state: AgentState; readonly found: FoundRuns | undefined }> {
  const stored = await restoreStateFor(operation, correlationId)
  const [session, found] = await Promise.all([
    operation.log.session(operation.key),
    findRuns(operation, stored.own.turn, correlationId),
  ])
  const state = toStateOf(stored, session)
  return { state, found: state === stored ? found : undefined }
}

async function restoreStateFor(operation: Operation, correlationId: string): Promise<AgentState> {
  try {
    return restoreState(operation)
  } catch (error) {
    if (hasCode(error, 'unsupported_state')) await failRun(operation, correlationId, error)
    throw error
  }
}

async function findRuns({ log, key }: Operation, turn: number, run: string): Promise<FoundRuns> {
  const [pending, written] = await Promise.all([log.runsAfter(key, turn), readWritten(log, { ...key, run })])
  return { pending, written }
}

async function carryOut(
  operation: SessionOperation,
  correlationId: string,
  found: FoundRuns | undefined,
): Promise<void> {
  const find = () => findRuns(operation, operation.state.own.turn, correlationId)
  const first = found ?? (await find())
  const begun = findBegun(operation, first.pending, correlationId)
  if (begun !== undefined && !(await letPass(operation, begun.run))) {
    // Whoever works on a run takes in the answers to it, and the watchdog sees to it after that.
    if (begun.run !== correlationId) signalRun(operation, correlationId)
    return
  }
  const { pending, written } = begun === undefined ? first : await find()
  const named = pending.findIndex(({ run }) => run === correlationId)
  if (named === -1) return announceFailed(operation, correlationId, written.events)
  for (const [index, summary] of pending.slice(0, named + 1).entries()) {
    if (summary.status === 'ended') await addTurn(operation, summary.run, summary.turn)
    else if (!(await execute(operation, summary, named === 0 ? written : undefined))) return
    if (summary.turn > 0 && index < pending.length - 1) await signalWaiting(operation)
  }
}

/**
 * The run that may be worked on elsewhere, and is not this operation's to take over. Only what is there to carry a run out, or
 * to see to it, takes that one over: an answer to what it asks finds it at work when it has more to do.
 */
function findBegun(
  { context, limits }: Operation,
  pending: readonly RunSummary[],
  correlationId: string,
): RunSummary | undefined {
  if (limits.executorSilenceMs === undefined) return undefined
  const named = pending.findIndex(({ run }) => run === correlationId)
  const isAnswer = answering.has(context.df.operationName?.toLowerCase() ?? '')
  return pending.slice(0, Math.max(0, isAnswer ? named + 1 : named)).find(({ status }) => status === 'open')
}

const answering: ReadonlySet<string> = new Set(['decide', 'tool_result'])

/**
 * A session may move to another host while an operation is at work on the one it leaves. A message that comes to the new host
 * waits its turn all the same: were the run taken over, its tools would be called twice. False when it has to wait in another operation.
 */
async function letPass(operation: Operation, run: string): Promise<boolean> {
  const { log, key, limits, startedAt, clock } = operation
  const { executorSilenceMs: silenceMs, parkAfterMs } = limits
  if (silenceMs === undefined) return true
  return outlastExecutor({ log, key: { ...key, run }, silenceMs, until: startedAt + parkAfterMs, clock })
}

/**
 * Signals of the messages that came while a run stood still were used up in vain; the last one does for all. One that waited
 * may have joined the run, and ended with it.
 */
async function signalWaiting(operation: Operation): Promise<void> {
  const waiting = await findOpenRuns(operation.log, operation.key)
  const last = waiting.at(-1)
  if (last !== undefined) signalRun(operation, last.run)
}

/** Finds the place of a run, and makes of the conversation what it is before it. A run without a place fails: `undefined`. */
async function findPlace(
  operation: SessionOperation,
  run: string,
  events: readonly StoredEvent[],
): Promise<Pick<RunExecution, 'turn' | 'replacesTurn'> | undefined> {
  try {
    await inherit(operation, run, events)
    const replacesTurn = await takePlace(operation, events)
    return { turn: operation.state.own.turn + 1, replacesTurn }
  } catch (error) {
    if (!hasCode(error, 'not_found') && !hasCode(error, 'invalid_request')) throw error
    await failRun(operation, run, error)
    return undefined
  }
}

/** Takes back what a run takes the place of. @throws {AgentError} `not_found` when that is gone. */
async function takePlace(
  conversation: Conversation,
  events: readonly StoredEvent[],
): Promise<number | undefined> {
  const replaced = toReplaced(events)
  if (replaced === undefined) return undefined
  const turn = fold(events).replacesTurn ?? (await findTurnOf(conversation, replaced))
  if (turn === 0) throw createReplacesError(replaced)
  await takeBack(conversation, turn)
  return turn
}

/** Executes a run; true when it has ended. */
async function execute(
  operation: SessionOperation,
  { run }: RunSummary,
  written: WrittenRun | undefined,
): Promise<boolean> {
  const { log, key, state, limits, startedAt } = operation
  const onError = (error: unknown) => operation.onError(error, run)
  const known = written ?? (await readWritten(log, { ...key, run }))
  const place = await findPlace(operation, run, known.events)
  if (place === undefined) return true
  const until = startedAt + limits.parkAfterMs
  const outcome = await executeRun({
    ...operation,
    ...place,
    key: { ...key, run },
    written: known,
    readHistory: (journal) => prepareHistory({ ...operation, journal, until, onError }),
    messageCount: state.messageCount,
    sessionTokens: state.own.tokens,
    sessionState: state.own.state ?? {},
    onError,
  })
  if (outcome.joined !== undefined) return adoptOutcome(operation, run, outcome.joined)
  if (outcome.parked === 'operation_limit') signalRun(operation, run)
  if (outcome.outcome === undefined) {
    await announceWaiting(operation, run, outcome)
    return false
  }
  // Whoever waits for the answer gets it first, also one who has yet to be told that the run was begun: that comes in between
  // two turns. All that is left is for those who ask later.
  await nextTurn()
  await nextTurn()
  await addTurn(operation, run, place.turn)
  return true
}
