import type { EntityContext, EntityHandler } from 'durable-functions'
import type { AgentDefinition } from '../agent/agent-definition.js'
import { AgentError, hasCode, toErrorMessage } from '../core/errors.js'
import { isJsonObject } from '../core/json.js'
import { toProblem } from '../core/problem.js'
import type { RunLog, SessionKey } from '../run/run-log.js'
import { AgentState } from './agent-state.js'
import { executeRun } from './execute-run.js'
import type { AgentResponseCallback } from './response-callback.js'
import { parseRunInput } from './run-input.js'
import { readTurnEntries, SessionHistory } from './session-history.js'
import type { StoredState } from './stored-state.js'

export interface AgentEntityOptions {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly callback?: AgentResponseCallback | undefined
}

/** What one operation of a session's entity works with. */
interface Operation {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly callback: AgentResponseCallback | undefined
  readonly history: SessionHistory
  readonly key: SessionKey
  readonly context: EntityContext<StoredState>
  readonly onError: (error: unknown) => void
}

/**
 * The entity that holds an agent's sessions, one operation at a time each: the only writer of their state.
 * No exception leaves an operation: durable-functions 3 neither rolls back nor tells what was thrown.
 */
export function createAgentEntity({ agent, log, callback }: AgentEntityOptions): EntityHandler<StoredState> {
  const history = new SessionHistory(log)
  return async function agentEntity(context: EntityContext<StoredState>): Promise<void> {
    const key = { agent: agent.name, session: context.df.entityKey }
    const onError = (error: unknown) => reportError(error, key, context)
    try {
      await operate({ agent, log, callback, history, key, context, onError })
    } catch (error) {
      onError(error)
    }
  }
}

/** Another executor having taken over is the one thing that goes as planned. */
function reportError(
  error: unknown,
  { agent, session }: SessionKey,
  context: EntityContext<StoredState>,
): void {
  const where = `Agent ${agent}, session ${session}`
  if (hasCode(error, 'fenced')) context.info(`${where}: ${toErrorMessage(error)}`)
  else context.error(`${where}: ${error instanceof AgentError ? error.message : toStack(error)}`)
}

function toStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

async function operate(operation: Operation): Promise<void> {
  const { df } = operation.context
  switch (df.operationName?.toLowerCase()) {
    case 'run':
    case 'run_agent':
    case 'continue':
      return run(operation)
    case 'get_state':
      return df.return(df.getState() ?? null)
    case 'reset':
      return reset(operation)
    case 'delete':
      return remove(operation)
    default:
      throw new AgentError(
        'invalid_request',
        `Entity ${df.entityName} has no operation "${df.operationName}".`,
      )
  }
}

/** Carries out the named run, and before it those accepted earlier: the signals of two messages may overtake each other. */
async function run(operation: Operation): Promise<void> {
  const { log, key, context } = operation
  const { correlationId, request } = parseRunInput(context.df.getInput())
  if (request !== undefined) await log.create({ ...key, run: correlationId }, request)
  let state: AgentState
  try {
    state = readState(context)
  } catch (error) {
    await failRun(operation, correlationId, error)
    throw error
  }
  const before = state.own
  if (before.turn === 0) state.change({ owner: (await log.session(key))?.owner })
  try {
    await executeUntil(operation, state, correlationId)
  } finally {
    if (state.own.turn !== before.turn) context.df.setState(state.getState())
  }
}

async function executeUntil(operation: Operation, state: AgentState, correlationId: string): Promise<void> {
  const pending = await operation.log.runsAfter(operation.key, state.own.turn)
  const named = pending.findIndex(({ run }) => run === correlationId)
  for (const { run, turn, ended } of pending.slice(0, named + 1)) {
    if (ended) await addTurn(operation, state, run, turn)
    else await execute(operation, state, run)
  }
}

async function execute(operation: Operation, state: AgentState, run: string): Promise<void> {
  const { agent, log, key, callback, onError } = operation
  const turn = state.own.turn + 1
  const history = await operation.history.read(key, state)
  const { messageCount } = state
  await executeRun({ agent, log, key: { ...key, run }, callback, history, turn, messageCount, onError })
  const entries = await addTurn(operation, state, run, turn)
  operation.history.add(key, state, history, entries)
}

async function addTurn({ log, key }: Operation, state: AgentState, run: string, turn: number) {
  const entries = await readTurnEntries(log, key, run)
  if (entries.length > 0) state.addTurn(turn, entries)
  return entries
}

/** A run whose session cannot be read ends at once: whoever waits for it is told why. */
async function failRun({ log, key }: Operation, run: string, error: unknown): Promise<void> {
  const events = await log.read({ ...key, run })
  if (events.length === 0) return
  const problem = toProblem(error, { sessionId: key.session, correlationId: run })
  await log.append({ ...key, run }, events.length, [{ type: 'run.failed', data: problem }])
}

async function reset({ log, key, context }: Operation): Promise<void> {
  const input = toObject(context.df.getInput())
  const state = readState(context)
  await log.deleteEndedRuns(key, toTime(input.before))
  state.reset()
  if (typeof input.id === 'string') state.change({ resetId: input.id })
  context.df.setState(state.getState())
}

async function remove({ log, key, context }: Operation): Promise<void> {
  await log.deleteSession(key, toTime(toObject(context.df.getInput()).before))
  context.df.destructOnExit()
}

function readState(context: EntityContext<StoredState>): AgentState {
  const state = new AgentState()
  const stored = context.df.getState()
  if (stored !== undefined) state.restoreState(stored)
  return state
}

function toObject(input: unknown): { readonly [name: string]: unknown } {
  return isJsonObject(input) ? input : {}
}

/** Milliseconds since 1970; now, for callers who do not say. */
function toTime(value: unknown): number {
  return typeof value === 'number' ? value : Date.now()
}
