import { hasCode } from '../core/errors.js'
import { toProblem } from '../core/problem.js'
import { isTerminal, type TerminalEvent } from '../run/events.js'
import { fold, type RunState } from '../run/fold.js'
import type { RunSummary } from '../run/run-log.js'
import type { AgentState } from './agent-state.js'
import { executeRun } from './execute-run.js'
import { type Operation, readState } from './operation.js'
import { outlastFailures } from './outlast-failures.js'
import { prepareHistory } from './prepare-history.js'
import { parseRunInput, type RunInput } from './run-input.js'
import { toTurnEntries } from './turn-entries.js'

/**
 * The `run` operation: carries out the named run, and before it those accepted earlier, as the signals of two messages
 * may overtake each other. Stops at a run that waits: what comes after it waits too.
 */
export async function operateRun(operation: Operation): Promise<void> {
  const { context } = operation
  const input = parseRunInput(context.df.getInput())
  const state = await outlastFailures(operation, () => prepare(operation, input))
  const { turn } = state.own
  try {
    await outlastFailures(operation, () => carryOut(operation, state, input.correlationId))
  } finally {
    if (state.own.turn !== turn) context.df.setState(state.getState())
  }
}

async function prepare(operation: Operation, { correlationId, request }: RunInput): Promise<AgentState> {
  const { log, key } = operation
  if (request !== undefined) await log.create({ ...key, run: correlationId }, request)
  try {
    return await readState(operation)
  } catch (error) {
    if (hasCode(error, 'unsupported_state')) await failRun(operation, correlationId, error)
    throw error
  }
}

async function carryOut(operation: Operation, state: AgentState, correlationId: string): Promise<void> {
  const pending = await operation.log.runsAfter(operation.key, state.own.turn)
  const named = pending.findIndex(({ run }) => run === correlationId)
  for (const [index, summary] of pending.slice(0, named + 1).entries()) {
    if (summary.status === 'ended') {
      await addTurn(operation, state, summary.run, summary.turn)
      continue
    }
    const ended = await execute(operation, state, summary)
    if (!ended) return
    // Signals of the messages that came while this run stood still were used up in vain; the last one does for all.
    const last = pending.at(-1)
    if (summary.turn > 0 && last !== undefined && index < pending.length - 1) signalRun(operation, last.run)
  }
}

/** Executes a run; true when it has ended. */
async function execute(operation: Operation, state: AgentState, { run }: RunSummary): Promise<boolean> {
  const { agent, log, key, callback, limits, startedAt, clock, onError } = operation
  const turn = state.own.turn + 1
  const outcome = await executeRun({
    agent,
    log,
    key: { ...key, run },
    callback,
    readHistory: (journal) =>
      prepareHistory({ agent, key, state, history: operation.history, journal, onError }),
    turn,
    messageCount: state.messageCount,
    sessionTokens: state.own.tokens,
    sessionState: state.own.state ?? {},
    context: operation.values,
    limits,
    operationStart: startedAt,
    clock,
    onError,
  })
  if (outcome.joined !== undefined) return adoptOutcome(operation, run, outcome.joined)
  if (outcome.parked === 'operation_limit') signalRun(operation, run)
  if (outcome.outcome === undefined) return false
  await addTurn(operation, state, run, turn)
  return true
}

/** Takes in the runs that have ended although their operation was cut off before it could be committed. */
export async function addEndedRuns(operation: Operation, state: AgentState): Promise<void> {
  const runs = await operation.log.runsAfter(operation.key, state.own.turn)
  for (const { run, turn, status } of runs) if (status === 'ended') await addTurn(operation, state, run, turn)
}

async function addTurn(operation: Operation, state: AgentState, run: string, turn: number): Promise<void> {
  const events = await operation.log.read({ ...operation.key, run })
  await endJoinedRuns(operation, fold(events))
  const entries = toTurnEntries(events, run)
  if (entries.length === 0) return
  const { summary, stateChanges } = fold(events)
  if (summary !== undefined) state.change({ summary: { upToTurn: summary.upToTurn, text: summary.text } })
  state.keep(stateChanges)
  state.addTurn(turn, entries)
}

/** Whoever sent a message that joined this run waits for the same answer. */
async function endJoinedRuns(operation: Operation, state: RunState): Promise<void> {
  const { outcome, steering } = state
  if (outcome === undefined) return
  for (const { run } of steering) await endJoinedRun(operation, run, outcome)
}

async function endJoinedRun({ log, key }: Operation, run: string, outcome: TerminalEvent): Promise<void> {
  const events = await log.read({ ...key, run })
  if (events.length === 0 || events.some(isTerminal)) return
  await log.append({ ...key, run }, events.length, [toOutcomeOf(run, outcome)])
}

function toOutcomeOf(run: string, outcome: TerminalEvent): TerminalEvent {
  switch (outcome.type) {
    case 'run.completed':
      return { ...outcome, data: { ...outcome.data, correlationId: run } }
    case 'run.failed':
      return { ...outcome, data: { ...outcome.data, correlationId: run } }
    case 'run.cancelled':
      return outcome
  }
}

/** Ends a run that joined another one, once that has ended: it may have been cut off between the two. */
async function adoptOutcome(operation: Operation, run: string, into: string): Promise<boolean> {
  const { outcome, request } = fold(await operation.log.read({ ...operation.key, run: into }))
  const isForgotten = request === undefined
  if (outcome === undefined && !isForgotten) return false
  await endJoinedRun(operation, run, outcome ?? forgotten)
  return true
}

const forgotten: TerminalEvent = {
  type: 'run.cancelled',
  data: { reason: 'The conversation that it had become part of was cleared.', text: '' },
}

/** A run whose session cannot be read ends at once: whoever waits for it is told why. */
async function failRun({ log, key }: Operation, run: string, error: unknown): Promise<void> {
  const events = await log.read({ ...key, run })
  if (events.length === 0 || events.some(isTerminal)) return
  const problem = toProblem(error, { sessionId: key.session, correlationId: run })
  await log.append({ ...key, run }, events.length, [{ type: 'run.failed', data: problem }])
}

function signalRun({ context }: Operation, run: string): void {
  context.df.signalEntity(context.df.entityId, 'continue', { correlationId: run })
}
