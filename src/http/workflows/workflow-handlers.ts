import { AgentError } from '../../core/errors.js'
import { toJsonText } from '../../core/json.js'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import { hasEnded, type WorkflowRun } from '../../orchestration/workflow/workflow-run.js'
import { type Answer, createJsonAnswer, createTextAnswer } from '../answers.js'
import type { Call, Handler } from '../route.js'
import { parseWorkflowRun } from './parse-workflow-run.js'
import { readRun } from './read-run.js'
import { toAcceptedBody, toEndedBody, toStatusBody, toWorkflowLinks } from './workflow-answers.js'
import { createWorkflowStream } from './workflow-stream.js'

/** `POST workflows/{workflow}/run`: starts a run; 202, or its end with 200 for callers who wait, or its events. */
export function createWorkflowRunHandler(workflow: WorkflowDefinition): Handler {
  return async function handleWorkflowRun(call: Call): Promise<Answer> {
    const { runId, input, waitMs, form } = await parseWorkflowRun(call, workflow)
    const key = { workflow, instanceId: runId, owner: call.owner }
    await call.workflowRuns.start(key, input)
    if (form === 'events') return createWorkflowStream(call, await call.workflowRuns.read(key))
    if (waitMs !== undefined) {
      const limit = AbortSignal.timeout(Math.min(waitMs, call.settings.waitLimitMs))
      const run = await call.workflowRuns.waitForEnd(key, limit)
      if (hasEnded(run)) return createEndedAnswer(run, form)
    }
    const body = toAcceptedBody(runId, toWorkflowLinks(call.url, runId))
    const headers = { location: body.statusQueryGetUri, 'retry-after': '1' }
    return form === 'text'
      ? createTextAnswer(`${body.message} runId: ${runId}`, 202, headers)
      : createJsonAnswer(body, 202, headers)
  }
}

/** `GET workflows/{workflow}/status/{instanceId}`: how far a run is, what it gave, and what it asks. */
export function createWorkflowStatusHandler(workflow: WorkflowDefinition): Handler {
  return async function handleWorkflowStatus(call: Call): Promise<Answer> {
    const run = await readRun(call, workflow)
    const questions = await call.workflowRuns.readQuestions(run)
    return createJsonAnswer(toStatusBody(run, questions, toWorkflowLinks(call.url, run.instanceId)))
  }
}

function createEndedAnswer(run: WorkflowRun, form: 'json' | 'text'): Answer {
  const body = toEndedBody(run)
  if (run.runtimeStatus !== 'Completed' && run.runtimeStatus !== 'Failed') {
    throw new AgentError('internal', body.error?.message ?? `The run is ${run.runtimeStatus}.`)
  }
  if (form === 'json') return createJsonAnswer(body)
  return createTextAnswer(body.error === undefined ? toJsonText(body.output) : body.error.message)
}
