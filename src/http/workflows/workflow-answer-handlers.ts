import { z } from 'zod'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import { type Answer, createJsonAnswer } from '../answers.js'
import { parseId } from '../ids.js'
import { parseShape } from '../parse-shape.js'
import { readJsonBody } from '../read-body.js'
import { createFieldError } from '../request-errors.js'
import type { Call, Handler } from '../route.js'
import { readAnswerableRun, requireAnswerRight } from './answerable-run.js'
import { toEventName } from './workflow-answers.js'

/** The body of an answer as callers of the .NET agents send it: the event's name is a request's id or its node. */
export const answerBody = z.strictObject({
  eventName: z.string().min(1).describe('The id of the request, or the path to the node that asks.'),
  response: z.unknown().describe('The answer; it must fit the schema of the request.'),
})

/** `POST workflows/{workflow}/respond/{instanceId}/{requestId}`: the body is the answer; 200. */
export function createRespondHandler(workflow: WorkflowDefinition): Handler {
  return async function handleRespond(call: Call): Promise<Answer> {
    const answer = await readJsonBody(call.request, call.settings.maxBodyBytes)
    const found = await readAnswerableRun(call, workflow)
    const { run } = found
    const requestId = parseId('requestId', call.params.requestId ?? '', 1000)
    const questions = await call.workflowRuns.readQuestions(run)
    const question = questions.find((one) => one.requestId === requestId)
    await requireAnswerRight(call, found, question, answer)
    if (question === undefined) throw await call.workflowRuns.explainMissing(run, requestId)
    await call.workflowRuns.answer(question, answer)
    const { instanceId } = run
    return createJsonAnswer({ message: 'The answer was taken.', instanceId, requestId })
  }
}

/** `POST workflows/{workflow}/respond/{instanceId}`: the body names the request; 202. What cannot be answered is 400, as there. */
export function createNamedRespondHandler(workflow: WorkflowDefinition): Handler {
  return async function handleNamedRespond(call: Call): Promise<Answer> {
    const body = await readJsonBody(call.request, call.settings.maxBodyBytes)
    const { eventName, response } = parseShape(answerBody, body)
    const found = await readAnswerableRun(call, workflow)
    const { run } = found
    const questions = await call.workflowRuns.readQuestions(run)
    const question = questions.find(
      (one) => one.requestId === eventName || toEventName(one, questions) === eventName,
    )
    await requireAnswerRight(call, found, question, response)
    if (question === undefined)
      throw createFieldError('eventName', `the run does not wait for "${eventName}"`)
    await call.workflowRuns.answer(question, response)
    const { instanceId: runId } = run
    return createJsonAnswer({ message: 'The answer was taken.', runId, eventName, validated: true }, 202)
  }
}
