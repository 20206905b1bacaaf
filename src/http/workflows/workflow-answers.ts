import { toJsonSchema } from '../../core/schema.js'
import type { OpenQuestion } from '../../orchestration/workflow/pending-requests.js'
import type { WorkflowRun } from '../../orchestration/workflow/workflow-run.js'

/** Where a run is read, answered and followed: absolute URLs. */
export interface WorkflowLinks {
  readonly status: string
  /** Without the request's id. */
  readonly respond: string
  readonly events: string
}

/** The links of a run, in the spelling that the caller uses. */
export function toWorkflowLinks(url: URL, instanceId: string): WorkflowLinks {
  const [, base = ''] = /^(.*\/workflows?\/[^/]+)\//i.exec(url.pathname) ?? []
  return toRunLinks(url.origin + base, instanceId)
}

/** The same, by where the routes of the run's workflow begin. */
export function toRunLinks(base: string, instanceId: string): WorkflowLinks {
  const id = encodeURIComponent(instanceId)
  return {
    status: `${base}/status/${id}`,
    respond: `${base}/respond/${id}`,
    events: `${base.replace(/\/workflow(\/[^/]+)$/i, '/workflows$1')}/runs/${id}/events`,
  }
}

/** The body of 202: the fields of the Python agents' answer and those of the .NET agents'. */
export function toAcceptedBody(instanceId: string, links: WorkflowLinks) {
  return {
    instanceId,
    runId: instanceId,
    statusQueryGetUri: links.status,
    respondUri: `${links.respond}/{requestId}`,
    eventsUri: links.events,
    message: 'The workflow was started.',
  }
}

/** The body of 200 for a caller who has waited for the end. */
export function toEndedBody(run: WorkflowRun) {
  const { instanceId, runtimeStatus } = run
  const output = toOutput(run)
  const error = toError(run)
  return {
    instanceId,
    runtimeStatus,
    output,
    runId: instanceId,
    workflowStatus: runtimeStatus,
    result: output,
    error,
  }
}

/** The body of a run's status. */
export function toStatusBody(run: WorkflowRun, questions: readonly OpenQuestion[], links: WorkflowLinks) {
  const { instanceId, runtimeStatus, status, createdTime, lastUpdatedTime } = run
  return {
    instanceId,
    runtimeStatus,
    customStatus: status ?? null,
    output: toOutput(run),
    error: toError(run) ?? null,
    createdTime,
    lastUpdatedTime,
    pendingHumanInputRequests: questions.map((question) => toPendingItem(question, links)),
    runId: instanceId,
    status: runtimeStatus,
    waitingForInput: questions.map((question) => ({
      eventName: toEventName(question, questions),
      input: question.question,
    })),
    eventsUri: links.events,
  }
}

/** A question that waits, as the .NET and Python agents tell it. */
export function toPendingItem(
  { requestId, node, question, openedAt, expiresAt, spec }: OpenQuestion,
  links: WorkflowLinks,
) {
  const responseSchema = toJsonSchema(spec.response)
  return {
    requestId,
    sourceExecutor: node,
    requestData: question,
    requestType: Array.isArray(question) ? 'array' : typeof question,
    responseType: responseSchema.type ?? 'any',
    responseSchema,
    openedAt,
    expiresAt: expiresAt ?? null,
    respondUrl: `${links.respond}/${encodeURIComponent(requestId)}`,
  }
}

/** The node's path where that says enough, as the .NET agents' ports do; else the request's id. */
export function toEventName(question: OpenQuestion, all: readonly OpenQuestion[]): string {
  const isOnly = all.filter(({ node }) => node === question.node).length === 1
  return isOnly ? question.node : question.requestId
}

function toOutput({ runtimeStatus, output }: WorkflowRun): unknown {
  return runtimeStatus === 'Completed' ? output : null
}

/** Security: what broke an orchestration from outside of the workflow is for the log. */
function toError({ runtimeStatus, status, output }: WorkflowRun) {
  switch (runtimeStatus) {
    case 'Failed':
      return (
        status?.error ?? { code: 'internal', message: 'The orchestration failed; the log has the details.' }
      )
    case 'Terminated':
    case 'Canceled':
      return { code: 'run_cancelled', message: `The run was terminated: ${String(output ?? '')}` }
    default:
      return undefined
  }
}
