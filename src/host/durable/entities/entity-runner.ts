import { randomUUID } from 'node:crypto'
import { toErrorMessage } from '../../../core/errors.js'
import type { ClaimedBatch, Message } from '../hub/hub-message.js'
import type { TaskHub } from '../hub/task-hub.js'
import { eventTypes, toEventText } from '../orchestrations/history/history-event.js'
import { notifyInstance } from '../orchestrations/notify-instance.js'
import type { RunnerOptions } from '../work/runner-options.js'
import { type Outbox, type Rest, toPostponementMs, type WorkQueue } from '../work/work-queue.js'
import {
  type EntityAnswer,
  type OperationResult,
  type OutgoingSignal,
  parseEntityAnswer,
  toEntityTrigger,
} from './entity-batch.js'
import { type EntityId, fromInstanceId, toInstanceId } from './entity-id.js'
import { changeLock } from './entity-lock.js'

export interface EntityRunnerOptions extends RunnerOptions {
  /** How many operations one invocation may get. */
  readonly maxBatchSize: number
}

/** Runs entity operations: one batch at a time per entity. */
export class EntityRunner {
  readonly #options: EntityRunnerOptions
  readonly #queue: WorkQueue

  constructor(options: EntityRunnerOptions) {
    this.#options = options
    const { hub, functions, maxConcurrent, maxBatchSize, now } = options
    this.#queue = options.dispatcher.serve({
      kind: 'entity',
      names: [...functions.keys()],
      maxConcurrent,
      begin: (claim) => {
        const batch = hub.readBatch(claim, maxBatchSize, now())
        return () => void this.#run(batch)
      },
    })
  }

  /** Sends an operation from a client; resolves when the message is on disk. */
  signal(signal: OutgoingSignal): Promise<void> {
    return this.#options.dispatcher.transact((outbox) => outbox.post(toMessage(signal, null)))
  }

  async #run(batch: ClaimedBatch): Promise<void> {
    const { claim, attempts } = batch
    if (batch.messages.length === 0) return this.#commitLock(batch)
    const answer = await this.#invoke(fromInstanceId(claim.target), batch)
    if (answer === 'failed') await this.#queue.postpone(claim, attempts)
    else await this.#commit(batch, answer)
  }

  /** The function's answer; `undefined` when its time ran out; `'failed'` when there is none and the batch must run again. */
  async #invoke(entity: EntityId, batch: ClaimedBatch): Promise<EntityAnswer | undefined | 'failed'> {
    const { invoker, functions, log } = this.#options
    const definition = functions.get(entity.name)
    if (definition === undefined) return 'failed'
    const label = toInstanceId(entity)
    const outcome = await invoker.invoke(definition, {
      input: toEntityTrigger(entity, batch),
      reason: '(null)',
    })
    if (!outcome.succeeded && outcome.timedOut) {
      log('error', `${label}: timed out, so its ${batch.messages.length} operations end without effect.`)
      return undefined
    }
    try {
      if (!outcome.succeeded) throw new Error(outcome.message)
      const answer = parseEntityAnswer(outcome.returnValue, batch.messages.length)
      this.#logErrors(label, batch, answer)
      return answer
    } catch (error) {
      const waitMs = toPostponementMs(batch.attempts)
      log('error', `${label}: the batch failed and runs again in ${waitMs} ms: ${toErrorMessage(error)}`)
      return 'failed'
    }
  }

  #logErrors(label: string, batch: ClaimedBatch, answer: EntityAnswer): void {
    for (const [index, result] of answer.results.entries()) {
      if (!result.isError) continue
      const operation = batch.messages[index]?.name ?? ''
      this.#options.log('error', `${label}: Error in operation '${operation}': ${result.result ?? 'unknown'}`)
    }
  }

  /** Consumes the batch, all or nothing. */
  #commit(batch: ClaimedBatch, answer: EntityAnswer | undefined): Promise<void> {
    const { hub, now } = this.#options
    const { target } = batch.claim
    return this.#queue.commit(batch.claim, (outbox) => {
      hub.consume(batch)
      this.#answerCallers(batch, answer, outbox)
      if (answer !== undefined) {
        if (batch.state.lockedBy !== undefined && !answer.state.exists) hub.entities.empty(target)
        else hub.entities.write(target, answer.state, now())
        for (const signal of answer.signals) outbox.post(toMessage(signal, target))
      }
      return toRest(hub, target, batch.state.lockedBy)
    })
  }

  #commitLock(batch: ClaimedBatch): Promise<void> {
    const { hub, now } = this.#options
    const { target } = batch.claim
    return this.#queue.commit(batch.claim, (outbox) => {
      hub.consume(batch)
      changeLock(hub, outbox, batch, now())
      return toRest(hub, target, hub.entities.read(target).lockedBy)
    })
  }

  #answerCallers({ messages }: ClaimedBatch, answer: EntityAnswer | undefined, outbox: Outbox): void {
    const { hub, now } = this.#options
    for (const [index, { id, isSignal, sender }] of messages.entries()) {
      if (isSignal || sender === null) continue
      const Input = toCallResult(answer?.results[index])
      const event = toEventText({ type: eventTypes.eventRaised, at: now(), fields: { Name: id, Input } })
      notifyInstance(hub, outbox, { id: sender }, event)
    }
  }
}

/** While it is locked, an entity hears only who has locked it. */
function toRest(hub: TaskHub, target: string, lockedBy: string | undefined): Rest | undefined {
  return lockedBy === undefined || hub.hasMessagesFrom(target, lockedBy) ? undefined : 'waits'
}

const timedOut: OperationResult = {
  isError: true,
  result: JSON.stringify('The time limit of the function app ended the operation.'),
}

/** What the caller of an operation gets; of one that has no result, that its time ran out. */
function toCallResult({ isError, result }: OperationResult = timedOut): string {
  return JSON.stringify({
    ...(result !== null && { result }),
    ...(isError && { exceptionType: 'Error' }),
  })
}

function toMessage(signal: OutgoingSignal, sender: string | null): Message {
  return {
    id: randomUUID(),
    target: toInstanceId(signal.target),
    kind: 'entity',
    functionName: signal.target.name,
    name: signal.operation,
    input: signal.input,
    isSignal: true,
    sender,
  }
}
