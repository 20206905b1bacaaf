import type { ServerSentEvent } from '../../core/sse.js'
import type { WorkflowStreamEvent } from '../../orchestration/workflow/follow-workflow.js'
import { type Cursor, parseCursor, startOfStream } from '../../orchestration/workflow/stream-cursor.js'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import type { WorkflowRun } from '../../orchestration/workflow/workflow-run.js'
import type { Answer } from '../answers.js'
import { createSseAnswer, toShownData } from '../event-stream.js'
import { refuseUnknown } from '../parse-query.js'
import type { Call, Handler } from '../route.js'
import { createStreamLimit } from '../stream-limit.js'
import { readRun } from './read-run.js'

/** `GET workflows/{workflow}/runs/{instanceId}/events`: a run's events, its agents' included, from the start or a cursor. */
export function createWorkflowEventsHandler(workflow: WorkflowDefinition): Handler {
  return async function handleWorkflowEvents(call: Call): Promise<Answer> {
    refuseUnknown(call.url.searchParams, ['after', 'code'])
    const header = call.request.headers.get('last-event-id')
    const after = header ?? call.url.searchParams.get('after')
    const field = header === null ? 'after' : 'Last-Event-ID'
    const cursor = after === null ? startOfStream : parseCursor(field, after)
    return createWorkflowStream(call, await readRun(call, workflow), cursor)
  }
}

/** A run's events as server-sent events, to its end or the stream's time limit. */
export function createWorkflowStream(call: Call, run: WorkflowRun, after: Cursor = startOfStream): Answer {
  const events = toSseBatches(call.workflowRuns.follow(run, after, createStreamLimit(call)))
  return createSseAnswer(events, call.settings, { 'x-ms-run-id': encodeURIComponent(run.instanceId) })
}

async function* toSseBatches(
  batches: AsyncIterable<readonly WorkflowStreamEvent[]>,
): AsyncGenerator<readonly ServerSentEvent[]> {
  for await (const batch of batches) {
    yield batch.map(({ id, type, data }) => ({ id, event: type, data: toShownData(type, data) }))
  }
}
