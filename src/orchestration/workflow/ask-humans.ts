import { toTimestamp } from '../../core/clock.js'
import { isJsonObject } from '../../core/json.js'
import type { Finished } from './end-execution.js'
import { type Execution, type StepScope, toNodeContext, type Work } from './execution.js'
import type { NodeRetry } from './node-context.js'
import { callPureForJson, NodeFailure } from './node-failure.js'
import type { RequestSpec } from './workflow-definition.js'
import type { Steps } from './workflow-environment.js'
import type { PendingRequest } from './workflow-status.js'

/** A question that was put to a human, and the execution that waits for its answer. */
export interface OpenRequest {
  readonly request: PendingRequest
  readonly execution: Execution
  readonly spec: RequestSpec
  /** ms since 1970. */
  readonly expiresAt: number | undefined
}

/** Puts the questions of a step, without waiting: answers that come while the step's other nodes run are kept for us. */
export function openRequests(scope: StepScope, executions: readonly Execution[]): readonly OpenRequest[] {
  return executions.flatMap((execution) => {
    const { spec } = execution.node
    return spec.kind === 'request' ? [openRequest(scope, execution, spec)] : []
  })
}

function openRequest(scope: StepScope, execution: Execution, spec: RequestSpec): OpenRequest {
  const { environment, progress } = scope
  const { node, number, input } = execution
  const now = environment.now()
  const expiresAt = spec.timeoutMs === undefined ? undefined : now + spec.timeoutMs
  const request = {
    requestId: environment.createId(),
    node: node.id,
    question: callPureForJson(node.id, 'Its question', () => spec.question(input, toNodeContext(scope))),
    openedAt: toTimestamp(now),
    expiresAt: expiresAt === undefined ? undefined : toTimestamp(expiresAt),
  }
  progress.record({ type: 'request.opened', data: { ...request, execution: number } })
  progress.open(request)
  return { request, execution, spec, expiresAt }
}

const noticeRetry: NodeRetry = { maxAttempts: 3 }

/** What is to be done to tell humans of their questions. */
export function toNotices({ environment }: StepScope, requests: readonly OpenRequest[]): readonly Work[] {
  const { workflow, instanceId, path, requestPrefix } = environment.place
  return requests.flatMap(({ request, execution, spec }) => {
    if (spec.notify === undefined) return []
    const { question, expiresAt } = request
    const requestId = requestPrefix + request.requestId
    const ids = [instanceId, requestId].map(encodeURIComponent)
    const respondPath = `workflows/${workflow}/respond/${ids.join('/')}`
    const node = path + request.node
    const notice = { requestId, node, question, expiresAt, workflow, instanceId, respondPath }
    return [{ ...execution, spec: { kind: 'notice', notice, retry: noticeRetry }, attempt: 1, dueAt: 0 }]
  })
}

/** Waits until each question has an answer or its time is over. @throws {NodeFailure} `answer_timeout`. */
export function* awaitAnswers(
  scope: StepScope,
  requests: readonly OpenRequest[],
): Steps<readonly Finished[]> {
  let open = requests
  const finished: Finished[] = []
  while (open.length > 0) {
    scope.progress.publish('waiting')
    const closed = yield* awaitNext(scope, open)
    for (const one of closed) finished.push(closeRequest(scope, one.open, one.answer))
    open = open.filter((request) => !closed.some((one) => one.open === request))
  }
  return finished
}

interface Closed {
  readonly open: OpenRequest
  /** Absent when the time was over. */
  readonly answer?: { readonly value: unknown }
}

function* awaitNext({ environment }: StepScope, open: readonly OpenRequest[]): Steps<readonly Closed[]> {
  const deadlines = open.flatMap(({ expiresAt }) => expiresAt ?? [])
  const answer = environment.waitForAnswer()
  if (deadlines.length === 0) {
    yield answer
    return matchAnswer(open, answer.result)
  }
  const deadline = Math.min(...deadlines)
  const timer = environment.startTimer(deadline)
  yield environment.any([answer, timer])
  if (!answer.isCompleted) {
    return open.filter(({ expiresAt }) => expiresAt === deadline).map((request) => ({ open: request }))
  }
  timer.cancel()
  return matchAnswer(open, answer.result)
}

/** Events can be raised by anybody with a key to the task hub: those that answer nothing are passed over. */
function matchAnswer(open: readonly OpenRequest[], event: unknown): readonly Closed[] {
  if (!isJsonObject(event)) return []
  const request = open.find((one) => one.request.requestId === event.requestId)
  return request === undefined ? [] : [{ open: request, answer: { value: event.answer ?? null } }]
}

function closeRequest(
  scope: StepScope,
  { request, execution, spec }: OpenRequest,
  answer: Closed['answer'],
): Finished {
  const { progress } = scope
  const { node, number, input } = execution
  const { requestId, expiresAt } = request
  progress.close(requestId)
  const type = answer === undefined ? 'request.expired' : 'request.answered'
  progress.record({ type, data: { requestId, node: node.id } })
  return {
    kind: 'finished',
    number,
    node: node.id,
    output: { input, answer: answer === undefined ? toDefaultAnswer() : answer.value },
    patch: undefined,
  }

  function toDefaultAnswer(): unknown {
    const { onTimeout } = spec
    if (onTimeout !== undefined) {
      return callPureForJson(node.id, 'Its onTimeout', () => onTimeout(input, toNodeContext(scope)))
    }
    const message = `Nobody answered request "${requestId}" by ${expiresAt}.`
    throw new NodeFailure({ node: node.id, code: 'answer_timeout', message })
  }
}
