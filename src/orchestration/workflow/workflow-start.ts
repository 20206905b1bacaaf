import { hash } from 'node:crypto'
import { toIssueText } from '../../core/errors.js'
import { isJsonObject, toCanonicalJson, toJsonValue } from '../../core/json.js'
import { toIssue } from '../../core/schema.js'
import { openInput } from '../../session/sealed-input.js'
import { createFailure } from '../agent-failure.js'
import type { WorkflowDefinition } from './workflow-definition.js'
import type { WorkflowPlace } from './workflow-place.js'
import type { WorkflowState } from './workflow-state.js'

const kind = 'dafx.workflow-start'

/** The input of a workflow's orchestration. */
export interface WorkflowStart {
  readonly kind: typeof kind
  readonly input: unknown
  /** Whom the run belongs to; absent when nobody was signed in. */
  readonly owner?: string | undefined
  /** SHA-256 (hex) of the input: tells a repeated request from another one of the same name. */
  readonly digest: string
  /** Of a part of another workflow's run: where it stands there. Its failure is a result. */
  readonly place?: WorkflowPlace | undefined
  /** Where an earlier generation left off. */
  readonly state?: WorkflowState
}

/** The input of an orchestration that begins a run. */
export function createWorkflowStart(
  given: unknown,
  { owner, place }: Pick<WorkflowStart, 'owner' | 'place'>,
): WorkflowStart {
  const input = toJsonValue(given)
  const digest = hash('sha256', toCanonicalJson(input))
  return { kind, input, owner, digest, place }
}

/** Reads an orchestration's input; those who start one by the durable client may give the workflow's input alone. */
export function readWorkflowStart(given: unknown): WorkflowStart {
  const opened = openInput(given)
  return isWorkflowStart(opened) ? opened : createWorkflowStart(opened ?? null, {})
}

/**
 * The same for the orchestration itself, with what the workflow's schema makes of an input that came alone: nobody has checked it.
 * @throws {Error} that is read as an `invalid_request`, saying what does not fit.
 */
export function parseWorkflowStart(
  given: unknown,
  { name, input: schema }: Pick<WorkflowDefinition, 'name' | 'input'>,
): WorkflowStart {
  const opened = openInput(given)
  const start = readWorkflowStart(opened)
  const parsed = isWorkflowStart(opened) ? undefined : schema?.['~standard'].validate(start.input)
  // An orchestrator cannot await: schemas that check elsewhere leave the input as it came.
  if (parsed === undefined || parsed instanceof Promise) return start
  if (parsed.issues === undefined) return { ...start, input: parsed.value }
  const issues = toIssueText(parsed.issues.map(toIssue), 'input')
  const message = `The input does not fit the workflow "${name}": ${issues}.`
  throw createFailure({ code: 'invalid_request', message })
}

function isWorkflowStart(given: unknown): given is WorkflowStart {
  return isJsonObject(given) && given.kind === kind
}
