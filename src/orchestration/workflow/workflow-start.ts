import { createHash } from 'node:crypto'
import { isJsonObject, toCanonicalJson } from '../../core/json.js'
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
  input: unknown,
  { owner, place }: Pick<WorkflowStart, 'owner' | 'place'>,
): WorkflowStart {
  const digest = createHash('sha256').update(toCanonicalJson(input)).digest('hex')
  return { kind, input, owner, digest, place }
}

/** Reads an orchestration's input; those who start one by the durable client may give the workflow's input alone. */
export function readWorkflowStart(given: unknown): WorkflowStart {
  if (isJsonObject(given) && given.kind === kind) return given as unknown as WorkflowStart
  return createWorkflowStart(given ?? null, {})
}
