import type { DurableClient } from 'durable-functions'
import { readJournal } from './read-journal.js'
import type { RequestSpec } from './workflow-definition.js'
import type { StoredWorkflowEvent } from './workflow-events.js'
import { findWorkflowRun, hasEnded, type WorkflowRun } from './workflow-run.js'
import type { NestedRun, PendingRequest } from './workflow-status.js'

/** A question that waits somewhere in a run. */
export interface OpenQuestion {
  /** Unique in the run: that of a nested workflow is preceded by the way to it, `<node>~<ordinal>~`, for each level. */
  readonly requestId: string
  /** The path to the node that asks. */
  readonly node: string
  readonly question: unknown
  readonly openedAt: string
  readonly expiresAt: string | undefined
  readonly spec: RequestSpec
  /** Where its answer goes: the instance, and the id that it knows the request by. */
  readonly target: { readonly instanceId: string; readonly requestId: string }
}

/** All questions of a run, those of its nested workflows included. */
export async function readOpenQuestions(
  durable: DurableClient,
  run: WorkflowRun,
): Promise<readonly OpenQuestion[]> {
  if (run.status === undefined || hasEnded(run)) return []
  const { pending, nested } = run.status.truncated
    ? toOpen(await readJournal(durable, run.instanceId, -1))
    : run.status
  const inner = await Promise.all(nested.map((one) => readNested(durable, run, one)))
  return [...pending.flatMap((request) => toQuestions(run, request)), ...inner.flat()]
}

/** Whether a run has asked that, be it by a nested workflow: under the id that it has for callers. */
export async function wasAsked(
  durable: DurableClient,
  instanceId: string,
  requestId: string,
): Promise<boolean> {
  for (const { type, data } of await readJournal(durable, instanceId, -1)) {
    if (type === 'request.opened' && data.requestId === requestId) return true
    if (type !== 'node.started' || data.nested === undefined) continue
    const way = toWay(data.node, data.nested.ordinal)
    if (!requestId.startsWith(way)) continue
    if (await wasAsked(durable, data.nested.instanceId, requestId.slice(way.length))) return true
  }
  return false
}

/** What precedes the ids of a nested workflow's questions. */
function toWay(node: string, ordinal: number): string {
  return `${node}~${ordinal}~`
}

async function readNested(
  durable: DurableClient,
  { workflow }: WorkflowRun,
  { node, ordinal, instanceId }: NestedRun,
): Promise<readonly OpenQuestion[]> {
  const spec = workflow.nodes.find(({ id }) => id === node)?.spec
  const run =
    spec?.kind === 'workflow' ? await findWorkflowRun(durable, spec.workflow, instanceId) : undefined
  const questions = run === undefined ? [] : await readOpenQuestions(durable, run)
  return questions.map((question) => ({
    ...question,
    requestId: toWay(node, ordinal) + question.requestId,
    node: `${node}/${question.node}`,
  }))
}

/** Empty when the workflow was changed since and its node does not ask any more. */
function toQuestions(
  { workflow, instanceId }: WorkflowRun,
  request: PendingRequest,
): readonly OpenQuestion[] {
  const { requestId, node, question = null, openedAt, expiresAt } = request
  const spec = workflow.nodes.find(({ id }) => id === node)?.spec
  if (spec?.kind !== 'request') return []
  return [{ requestId, node, question, openedAt, expiresAt, spec, target: { instanceId, requestId } }]
}

/** What a status that was too small for it would have shown. */
function toOpen(events: readonly StoredWorkflowEvent[]) {
  const pending = new Map<string, PendingRequest>()
  const nested = new Map<number, NestedRun>()
  for (const { type, data } of events) {
    if (type === 'request.opened') pending.set(data.requestId, data)
    if (type === 'request.answered' || type === 'request.expired') pending.delete(data.requestId)
    if (type === 'node.completed' || type === 'node.failed') nested.delete(data.execution)
    if (type === 'node.started' && data.nested !== undefined) {
      nested.set(data.execution, { node: data.node, ...data.nested })
    }
  }
  return { pending: [...pending.values()], nested: [...nested.values()] }
}
