import { AgentError, hasCode } from '../../core/errors.js'
import type { OpenQuestion } from '../../orchestration/workflow/pending-requests.js'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import type { WorkflowRun } from '../../orchestration/workflow/workflow-run.js'
import { isOpenTo } from '../../session/client/session-reader.js'
import type { AnswerQuestion } from '../rights.js'
import type { Call } from '../route.js'
import { parseRunId } from './parse-workflow-run.js'
import { readRun } from './read-run.js'

/** A run whose questions a caller may want to answer. */
export interface AnswerableRun {
  readonly run: WorkflowRun
  /**
   * Why the run is not the caller's to see; `undefined` when it is.
   * Security: all that a caller who may not answer is told of somebody else's run.
   */
  readonly stranger: AgentError | undefined
}

/** The run that a route's `{instanceId}` names; somebody else's only where the app has a rule who may answer. @throws {AgentError} `not_found` */
export async function readAnswerableRun(call: Call, workflow: WorkflowDefinition): Promise<AnswerableRun> {
  try {
    return { run: await readRun(call, workflow), stranger: undefined }
  } catch (error) {
    const isStranger = error instanceof AgentError && hasCode(error, 'not_found')
    if (call.settings.mayAnswer === undefined || !isStranger) throw error
    const instanceId = parseRunId(call.params.instanceId ?? '')
    return { run: await call.workflowRuns.readAny(workflow, instanceId), stranger: error }
  }
}

/** Passes when the caller may answer that, or there is nothing to answer in a run that it may see. @throws {AgentError} `forbidden`, or that there is no such run when it is somebody else's. */
export async function requireAnswerRight(
  call: Call,
  { run, stranger }: AnswerableRun,
  asked: OpenQuestion | undefined,
  answer: unknown,
): Promise<void> {
  const rule = call.settings.mayAnswer
  if (rule === undefined) return
  if (asked === undefined) {
    if (stranger !== undefined) throw stranger
    return
  }
  if (await rule(toQuestion(call, run, asked, answer), call.request)) return
  throw stranger ?? new AgentError('forbidden', `Request "${asked.requestId}" is somebody else's to answer.`)
}

/** The questions of a run, which need not be the caller's, that the caller may answer. */
export async function findAnswerable(call: Call, run: WorkflowRun): Promise<readonly OpenQuestion[]> {
  const rule = call.settings.mayAnswer
  if (rule === undefined && !isOpenTo(run.start.owner, call.owner)) return []
  const questions = await call.workflowRuns.readQuestions(run)
  if (rule === undefined) return questions
  const answerable: OpenQuestion[] = []
  for (const asked of questions)
    if (await rule(toQuestion(call, run, asked), call.request)) answerable.push(asked)
  return answerable
}

function toQuestion(
  { owner: caller }: Call,
  { workflow, instanceId, start: { owner } }: WorkflowRun,
  { requestId, node, question }: OpenQuestion,
  answer?: unknown,
): AnswerQuestion {
  return { workflow: workflow.name, instanceId, requestId, node, question, owner, caller, answer }
}
