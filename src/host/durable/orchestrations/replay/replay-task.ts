import type { UnnumberedDecision } from '../decision.js'
import type {
  HttpAction,
  OrchestratorAction,
  RetryPolicy,
  TimerAction,
} from '../orchestrator/orchestrator-action.js'
import { sixDaysMs } from '../orchestrator/orchestrator-action.js'
import { readPoll } from './http-poll.js'

/** One task of the client library, as far as its end matters for the numbers of later ones. */
export interface ReplayTask {
  state: 'open' | 'completed' | 'failed'
  /** JSON text of the result, for those who look into it. */
  result: string | undefined
  onEnd: (() => void) | undefined
}

/** Numbers tasks and knows what is open. */
export interface TaskBook {
  /** How long to wait before asking an address again that does not say so itself, in milliseconds. */
  readonly httpPollMs: number
  /** The time that the orchestrator sees, epoch milliseconds. */
  now(): number
  /** Takes the next number and schedules `decision` under it; `isCanceled` when nobody waits for its end any more. */
  schedule(decision: UnnumberedDecision, isCanceled?: boolean): ReplayTask
  /** Takes the next number for something that is scheduled later, with the function that is returned. */
  reserve(): (decision: UnnumberedDecision) => ReplayTask
  /** Waits for an event that somebody raises from outside. */
  listen(eventName: string): ReplayTask
  /** A GUID for the next number, the same at every replay. */
  createRequestId(): string
  /** Id of the orchestration that the next number starts, when none is given. */
  createInstanceId(): string
  /** Tells whoever runs the app about something that does not work in Azure either. */
  warn(message: string): void
}

/** As in the trigger's value `longRunningTimerIntervalDuration`. */
const longTimerLegMs = 3 * 24 * 3600 * 1000

/** Begins an action that the orchestrator waits for, with numbers as the client library gives them. */
export function startTask(action: OrchestratorAction, book: TaskBook): ReplayTask {
  switch (action.type) {
    case 'activity':
      return withRetry(action.retry, book, () =>
        book.schedule({ kind: 'activity', name: action.name, input: action.input }),
      )
    case 'subOrchestration':
      return withRetry(action.retry, book, () =>
        book.schedule({
          kind: 'subOrchestration',
          name: action.name,
          instanceId: action.instanceId ?? book.createInstanceId(),
          input: action.input,
          version: action.version,
        }),
      )
    case 'timer':
      return startTimer(action, book)
    case 'externalEvent':
      return book.listen(action.name)
    case 'entityCall': {
      const { entity, operation, input } = action
      return book.schedule({ kind: 'call', requestId: book.createRequestId(), entity, operation, input })
    }
    case 'http':
      return startHttp(action, book)
    case 'lock':
      return book.schedule({ kind: 'lock', requestId: action.requestId, entities: action.entities })
    case 'all':
      return joinAll(action.actions.map((each) => startTask(each, book)))
    case 'any':
      return joinAny(action.actions.map((each) => startTask(each, book)))
    case 'signal':
    case 'release':
    case 'continueAsNew':
      throw new Error(`An action of type ${action.type} is nothing to wait for.`)
  }
}

export function createTask(): ReplayTask {
  return { state: 'open', result: undefined, onEnd: undefined }
}

/** Ends a task, once. */
export function endTask(task: ReplayTask, state: 'completed' | 'failed', result?: string): void {
  if (task.state !== 'open') return
  task.state = state
  task.result = result
  task.onEnd?.()
}

/** Completes with the last of them, or fails with the first that fails. */
function joinAll(children: readonly ReplayTask[]): ReplayTask {
  const all = createTask()
  let open = children.filter(({ state }) => state === 'open').length
  if (open === 0) endTask(all, 'completed')
  for (const child of children) {
    child.onEnd = () => {
      open -= 1
      if (child.state === 'failed') endTask(all, 'failed')
      else if (open === 0) endTask(all, 'completed')
    }
  }
  return all
}

/** Completes with the first of them that ends, also when that fails. */
function joinAny(children: readonly ReplayTask[]): ReplayTask {
  const any = createTask()
  for (const child of children) {
    child.onEnd = () => endTask(any, 'completed')
    if (child.state !== 'open') child.onEnd()
  }
  return any
}

/** The client library waits for a timer after every failed attempt, also after the last one. */
function withRetry(policy: RetryPolicy | undefined, book: TaskBook, start: () => ReplayTask): ReplayTask {
  if (policy === undefined) return start()
  const retried = createTask()
  const startedAt = book.now()
  let attempt = 0
  const tryOnce = (): void => {
    attempt += 1
    const child = start()
    child.onEnd = () => (child.state === 'completed' ? endTask(retried, 'completed') : pause())
  }
  const pause = (): void => {
    if (policy.timeoutMs !== undefined && book.now() - startedAt >= policy.timeoutMs) {
      book.warn('retryTimeoutInMilliseconds has passed, after which the client library waits for ever')
      return
    }
    const isLast = attempt >= policy.maxAttempts
    const timer = book.schedule({
      kind: 'timer',
      fireAt: book.now() + (isLast ? 0 : toPauseMs(policy, attempt)),
    })
    timer.onEnd = () => (isLast ? endTask(retried, 'failed') : tryOnce())
  }
  tryOnce()
  return retried
}

/** Whole milliseconds, as the hub keeps times. */
function toPauseMs({ firstIntervalMs, backoff, maxIntervalMs }: RetryPolicy, attempt: number): number {
  return Math.round(Math.min(firstIntervalMs * backoff ** (attempt - 1), maxIntervalMs))
}

/** What is too far away for one timer is waited for in legs. */
function startTimer({ fireAt, isCanceled }: TimerAction, book: TaskBook): ReplayTask {
  const isFar = () => fireAt - book.now() > sixDaysMs
  const startLeg = () =>
    book.schedule({ kind: 'timer', fireAt: isFar() ? book.now() + longTimerLegMs : fireAt }, isCanceled)
  if (!isFar()) return startLeg()
  const timer = createTask()
  const goOn = (leg: ReplayTask): void => {
    leg.onEnd = () => (fireAt > book.now() ? goOn(startLeg()) : endTask(timer, 'completed'))
  }
  goOn(startLeg())
  return timer
}

/** After an answer that says "not yet", the library numbers the pause and the next request at once. */
function startHttp({ request, isPolling }: HttpAction, book: TaskBook): ReplayTask {
  const first = book.schedule({ kind: 'http', request })
  if (!isPolling) return first
  const http = createTask()
  const follow = (answer: ReplayTask): void => {
    answer.onEnd = () => {
      const poll =
        answer.state === 'completed' ? readPoll(request, answer.result, book.httpPollMs) : undefined
      if (poll === undefined) {
        endTask(http, answer.state === 'failed' ? 'failed' : 'completed')
        return
      }
      const timer = startTimer({ type: 'timer', fireAt: book.now() + poll.afterMs, isCanceled: false }, book)
      const ask = book.reserve()
      timer.onEnd = () => follow(ask({ kind: 'http', request: poll.request }))
    }
  }
  follow(first)
  return http
}
