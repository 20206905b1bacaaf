import { isObject, type UncheckedObject } from '../../../unchecked-object.js'
import { type EntityId, fromInstanceId, toEntityId } from '../../entities/entity-id.js'
import { asList, asNumber, asText } from './json-checks.js'

/** What an orchestrator asks for. Inputs are JSON texts; `null` when there is none. */
export type OrchestratorAction =
  | ActivityAction
  | SubOrchestrationAction
  | { readonly type: 'continueAsNew'; readonly input: string | null }
  | TimerAction
  | { readonly type: 'externalEvent'; readonly name: string }
  | EntityAction<'entityCall'>
  | EntityAction<'signal'>
  | HttpAction
  | { readonly type: 'any' | 'all'; readonly actions: readonly OrchestratorAction[] }
  | { readonly type: 'lock'; readonly requestId: string; readonly entities: readonly EntityId[] }
  | { readonly type: 'release' }

export interface ActivityAction {
  readonly type: 'activity'
  readonly name: string
  /** As the activity's trigger gets it. */
  readonly input: string | null
  readonly retry: RetryPolicy | undefined
}

export interface SubOrchestrationAction {
  readonly type: 'subOrchestration'
  readonly name: string
  readonly instanceId: string | undefined
  readonly input: string | null
  readonly version: string | undefined
  readonly retry: RetryPolicy | undefined
}

export interface TimerAction {
  readonly type: 'timer'
  /** Epoch milliseconds. */
  readonly fireAt: number
  readonly isCanceled: boolean
}

export interface EntityAction<T> {
  readonly type: T
  readonly entity: EntityId
  readonly operation: string
  readonly input: string | null
}

export interface HttpAction {
  readonly type: 'http'
  readonly request: UncheckedObject
  /** True when an answer 202 is to be followed until there is another one. */
  readonly isPolling: boolean
}

export interface RetryPolicy {
  readonly firstIntervalMs: number
  readonly maxAttempts: number
  readonly backoff: number
  readonly maxIntervalMs: number
  readonly timeoutMs: number | undefined
}

/** Longest pause between two attempts unless the app sets one, and longest single timer. */
export const sixDaysMs = 6 * 24 * 3600 * 1000

/** Reads one action of an orchestrator's answer. @throws {Error} for one of unknown shape. */
function parseAction(value: unknown): OrchestratorAction {
  if (!isObject(value)) throw new Error('An action is not an object.')
  const parse = parsers[Number(value.actionType)]
  if (parse === undefined) throw new Error(`The action type ${String(value.actionType)} is not known.`)
  return parse(value)
}

const parsers: Readonly<Record<number, (value: UncheckedObject) => OrchestratorAction>> = {
  0: parseActivity,
  1: parseActivity,
  2: parseSubOrchestration,
  3: parseSubOrchestration,
  4: ({ input }) => ({ type: 'continueAsNew', input: toJsonText(input) }),
  5: parseTimer,
  6: ({ externalEventName }) => ({
    type: 'externalEvent',
    name: asText(externalEventName, 'externalEventName'),
  }),
  7: (value) => parseEntityAction('entityCall', value),
  8: parseHttp,
  9: (value) => parseEntityAction('signal', value),
  11: ({ compoundActions }) => ({ type: 'any', actions: parseActions(compoundActions) }),
  12: ({ compoundActions }) => ({ type: 'all', actions: parseActions(compoundActions) }),
  13: parseLock,
  14: () => ({ type: 'release' }),
}

/** Reads a list of actions. @throws {Error} for one of unknown shape. */
export function parseActions(value: unknown): OrchestratorAction[] {
  return asList(value, 'A list of actions').map(parseAction)
}

function parseActivity({ functionName, input, retryOptions }: UncheckedObject): OrchestratorAction {
  const name = asText(functionName, 'functionName')
  return { type: 'activity', name, input: toActivityInput(input), retry: parseRetry(retryOptions) }
}

/**
 * What an activity's trigger gets is made by .NET out of the value: the library sends texts as
 * JSON texts, which therefore arrive as they were; booleans arrive in .NET's spelling, which is no JSON.
 */
function toActivityInput(input: unknown): string | null {
  if (input === undefined || input === null) return null
  if (typeof input === 'string') return input
  if (typeof input === 'boolean') return input ? 'True' : 'False'
  return JSON.stringify(input)
}

function parseSubOrchestration(value: UncheckedObject): OrchestratorAction {
  const { functionName, instanceId, input, version, retryOptions } = value
  return {
    type: 'subOrchestration',
    name: asText(functionName, 'functionName'),
    instanceId: typeof instanceId === 'string' && instanceId !== '' ? instanceId : undefined,
    input: toJsonText(input),
    version: typeof version === 'string' ? version : undefined,
    retry: parseRetry(retryOptions),
  }
}

function parseTimer({ fireAt, isCanceled }: UncheckedObject): OrchestratorAction {
  const time = typeof fireAt === 'string' ? Date.parse(fireAt) : Number.NaN
  if (Number.isNaN(time)) throw new Error(`A timer needs a valid date, not ${JSON.stringify(fireAt)}.`)
  return { type: 'timer', fireAt: time, isCanceled: isCanceled === true }
}

function parseEntityAction<T extends 'entityCall' | 'signal'>(
  type: T,
  value: UncheckedObject,
): EntityAction<T> {
  const entity = fromInstanceId(asText(value.instanceId, 'instanceId'))
  return { type, entity, operation: asText(value.operation, 'operation'), input: toInputText(value.input) }
}

function parseHttp({ httpRequest }: UncheckedObject): OrchestratorAction {
  if (!isObject(httpRequest)) throw new Error('An HTTP action has no request.')
  return { type: 'http', request: httpRequest, isPolling: httpRequest.asynchronousPatternEnabled === true }
}

function parseLock({ lockRequestId, lockSet }: UncheckedObject): OrchestratorAction {
  const entities = asList(lockSet, 'lockSet').map((entity) => {
    if (!isObject(entity)) throw new Error('An entity to lock is not an object.')
    return toEntityId(asText(entity.name, 'name'), asText(entity.key, 'key'))
  })
  return { type: 'lock', requestId: asText(lockRequestId, 'lockRequestId'), entities }
}

function parseRetry(value: unknown): RetryPolicy | undefined {
  if (!isObject(value)) return undefined
  const optional = (name: string) => (value[name] === undefined ? undefined : asNumber(value[name], name))
  return {
    firstIntervalMs: asNumber(value.firstRetryIntervalInMilliseconds, 'firstRetryIntervalInMilliseconds'),
    maxAttempts: asNumber(value.maxNumberOfAttempts, 'maxNumberOfAttempts'),
    backoff: optional('backoffCoefficient') ?? 1,
    maxIntervalMs: optional('maxRetryIntervalInMilliseconds') ?? sixDaysMs,
    timeoutMs: optional('retryTimeoutInMilliseconds'),
  }
}

function toJsonText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

/** For an entity, null is no input. */
function toInputText(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}
