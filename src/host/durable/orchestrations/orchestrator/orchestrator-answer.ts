import { toErrorMessage } from '../../../../core/errors.js'
import type { InvocationOutcome, TypedData } from '../../../functions.js'
import { isObject, type UncheckedObject } from '../../../unchecked-object.js'
import { asList } from './json-checks.js'
import { type OrchestratorAction, parseActions } from './orchestrator-action.js'

/** What an orchestrator function said after a replay. */
export interface OrchestratorAnswer {
  /** Everything it asked for since the start of this execution. */
  readonly actions: readonly OrchestratorAction[]
  /** True when it has returned, or asked to continue as new. */
  readonly isDone: boolean
  /** JSON text; `null` when it returned nothing. */
  readonly output: string | null
  /** JSON text; `undefined` leaves the status as it was. */
  readonly customStatus: string | undefined
  readonly failure: OrchestratorFailure | undefined
  /** True when something was thrown that has no message: the platform then waits for ever. */
  readonly isStuck: boolean
}

/** How an orchestrator function failed. */
export interface OrchestratorFailure {
  readonly message: string
  readonly stack: string
  /** As the app's provider of exception properties made it; else absent. */
  readonly details?: unknown
  /** True when the function's name is not put before the message: that its history is another one's, the platform says itself. */
  readonly isNameless?: boolean
}

const marker = '\n\n$OutOfProcData$:'

/**
 * Reads what came of an orchestrator function. One that broke down outside the library's replay has failed and asks for
 * nothing any more, so that it fails as non-deterministic when it has asked before.
 */
export function parseOrchestratorAnswer(outcome: InvocationOutcome): OrchestratorAnswer {
  try {
    if (outcome.succeeded) return parseAnswer(parseJson(outcome.returnValue), '')
    const split = outcome.message.indexOf(marker)
    if (split < 0) return toFailed(outcome.message, outcome.stack)
    return parseFailure(JSON.parse(outcome.message.slice(split + marker.length)), outcome.stack)
  } catch (error) {
    return toFailed(toErrorMessage(error), '')
  }
}

function parseJson(value: TypedData | null | undefined): unknown {
  if (value && 'json' in value) return JSON.parse(value.json)
  throw new Error('The orchestrator function did not return an answer of its library.')
}

function parseFailure(value: unknown, stack: string): OrchestratorAnswer {
  const answer = parseAnswer(value, stack)
  return answer.failure ? answer : { ...answer, isDone: false, isStuck: true }
}

function parseAnswer(value: unknown, stack: string): OrchestratorAnswer {
  if (!isObject(value)) throw new Error('The answer of the orchestrator function is not an object.')
  const { isDone, output, customStatus } = value
  return {
    actions: parseActions(asList(value.actions, 'actions').flatMap((list) => asList(list, 'actions[]'))),
    isDone: isDone === true,
    output: output === undefined ? null : JSON.stringify(output),
    customStatus:
      customStatus === undefined || customStatus === null ? undefined : JSON.stringify(customStatus),
    failure: readFailure(value, stack),
    isStuck: false,
  }
}

function readFailure(
  { error, failureDetails }: UncheckedObject,
  stack: string,
): OrchestratorFailure | undefined {
  if (typeof error !== 'string' || error === '') return undefined
  return { message: error, stack, details: failureDetails }
}

function toFailed(message: string, stack: string): OrchestratorAnswer {
  const failure = { message, stack }
  return {
    actions: [],
    isDone: false,
    output: null,
    customStatus: undefined,
    failure,
    isStuck: false,
  }
}
