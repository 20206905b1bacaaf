import type { DurableClient, EntityContext, EntityHandler } from 'durable-functions'
import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { InvocationValuesFactory } from '../../agent/providers/provider-context.js'
import { type AppTelemetry, withOperationTrace } from '../../agent/telemetry/invocation-trace.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError, hasCode, toErrorMessage } from '../../core/errors.js'
import { isJsonObject } from '../../core/json.js'
import type { RunKey, RunLog, SessionKey, SessionSummary } from '../../run/run-log.js'
import type { AllowanceOptions } from '../allowance/allowance.js'
import { defaultMaxInlineMediaBytes } from '../client/detach-media.js'
import { createDurableTools } from '../execution/durable-tools.js'
import type { OperationLimits } from '../execution/execution-limits.js'
import { outlastFailures } from '../execution/outlast-failures.js'
import type { AgentResponseCallback } from '../execution/response-callback.js'
import { createRaiseEvent } from '../replies/raise-event.js'
import { createTellWebhooks, type ToldWebhooks } from '../replies/tell-webhooks.js'
import { SessionHistory } from '../state/session-history.js'
import type { StoredState } from '../state/stored-state.js'
import { deleteRuns } from './delete-runs.js'
import { addEndedRuns } from './ended-runs.js'
import { type Operation, restoreState, toPatience, toStateOf } from './operation.js'
import { operateRun } from './run-operation.js'
import { operateSend } from './send-operation.js'
import { operateToolResult } from './tool-result-operation.js'

export interface AgentEntityOptions {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly callback?: AgentResponseCallback | undefined
  /** Makes what only the code of a run may know. @default nothing */
  readonly values?: InvocationValuesFactory | undefined
  readonly limits: OperationLimits
  /** What each owner may spend: it is counted by the entity of their accounts. @default as much as they like */
  readonly allowance?: AllowanceOptions | undefined
  /** Longer data URIs in messages are kept beside the log of their run. @default 32,768 */
  readonly maxInlineMediaBytes?: number | undefined
  /** Finds an operation's durable client, by which tools start orchestrations, and orchestrations are told how their runs ended. @default none */
  readonly getDurableClient?: ((context: EntityContext<StoredState>) => DurableClient) | undefined
  /** @default nobody is told */
  readonly webhooks?: ToldWebhooks | undefined
  /** What telemetry tells of the agent's runs. @default nothing that is said */
  readonly telemetry?: AppTelemetry | undefined
  /** @default the machine's */
  readonly clock?: Clock | undefined
}

/**
 * The entity that holds an agent's sessions, one operation at a time each: the only writer of their state.
 * No exception leaves an operation: durable-functions 3 neither rolls back nor tells what was thrown.
 */
export function createAgentEntity({
  agent,
  log,
  callback,
  values = () => ({}),
  limits,
  allowance,
  maxInlineMediaBytes = defaultMaxInlineMediaBytes,
  getDurableClient,
  webhooks,
  telemetry = {},
  clock = systemClock,
}: AgentEntityOptions): EntityHandler<StoredState> {
  const history = new SessionHistory(log)
  const shared = {
    agent,
    log,
    callback,
    readValues: values,
    limits,
    chargesOwners: allowance !== undefined,
    maxInlineMediaBytes,
    history,
    clock,
  }
  const parts = { log, allowance, maxInlineMediaBytes, clock }
  return async function agentEntity(context: EntityContext<StoredState>): Promise<void> {
    const key = { agent: agent.name, session: context.df.entityKey }
    const onError = (error: unknown, run?: string) => reportError(error, { ...key, run }, context)
    const startedAt = clock.now()
    try {
      const client = getDurableClient?.(context)
      const raiseEvent = client && createRaiseEvent(client, clock)
      const tellWebhooks = client && webhooks && createTellWebhooks(client, log, webhooks)
      const durable = client && ((run: RunKey) => createDurableTools(client, run, parts))
      const operation = { ...shared, key, context, startedAt, onError, raiseEvent, tellWebhooks, durable }
      await withOperationTrace(context, telemetry, () => operate(operation))
    } catch (error) {
      onError(error)
    }
  }
}

/** Another executor having taken over is the one thing that goes as planned. */
function reportError(
  error: unknown,
  { agent, session, run }: SessionKey & { readonly run: string | undefined },
  context: EntityContext<StoredState>,
): void {
  const where = `Agent ${agent}, session ${session}${run === undefined ? '' : `, run ${run}`}`
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
    // What .NET orchestrators call it.
    case 'runagentasync':
    case 'continue':
    case 'decide':
      return operateRun(operation)
    case 'tool_result':
      return operateToolResult(operation)
    case 'send':
      return operateSend(operation)
    case 'get_state':
      return df.return(df.getState() ?? null)
    case 'reset':
      return outlastFailures(toPatience(operation), () => reset(operation))
    case 'delete':
      return outlastFailures(toPatience(operation), () => remove(operation))
    default:
      throw new AgentError(
        'invalid_request',
        `Entity ${df.entityName} has no operation "${df.operationName}".`,
      )
  }
}

async function reset(operation: Operation): Promise<void> {
  const { log, key, context, clock } = operation
  const session = await log.session(key)
  // Deleted before its turn came: what is stored now would stay for ever.
  if (context.df.getState() == null && session === undefined) return
  const input = toObject(context.df.getInput())
  const state = toStateOf(restoreState(operation), session)
  const before = toTime(input.before, clock)
  const { resetId, resetBefore = 0 } = state.own
  // A signal that comes twice, or after that of a later reset, must not take newer messages with it.
  if (before < resetBefore || (resetId !== undefined && resetId === input.id)) return
  const { turn } = state.own
  await addEndedRuns({ ...operation, state })
  // What this state has not committed yet stays in the logs: were the commit lost too, it could not be counted again.
  await log.deleteEndedRuns(key, { acceptedBefore: before, upToTurn: turn })
  state.reset()
  state.change({ resetBefore: before })
  if (typeof input.id === 'string') state.change({ resetId: input.id })
  context.df.setState(state.getState())
}

async function remove(operation: Operation): Promise<void> {
  const { log, key, context, clock } = operation
  const input = toObject(context.df.getInput())
  const before = toTime(input.before, clock)
  if (input.unlessUsed === true && isUsedSince(await log.session(key), before)) return
  await deleteRuns(key, { ...operation, before })
  context.df.destructOnExit()
}

function isUsedSince(session: SessionSummary | undefined, time: number): boolean {
  return session !== undefined && session.updatedAt >= time
}

function toObject(input: unknown): { readonly [name: string]: unknown } {
  return isJsonObject(input) ? input : {}
}

/** Milliseconds since 1970; now, for callers who do not say. */
function toTime(value: unknown, clock: Clock): number {
  return typeof value === 'number' ? value : clock.now()
}
