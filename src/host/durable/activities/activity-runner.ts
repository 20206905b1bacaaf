import type { InvocationOutcome, TypedData } from '../../functions.js'
import { createFailure } from '../../invocation/invocation-failure.js'
import type { Claim, StoredMessage } from '../hub/hub-message.js'
import { eventTypes, toEventText } from '../orchestrations/history/history-event.js'
import { notifyInstance } from '../orchestrations/notify-instance.js'
import { toTaskNumber } from '../orchestrations/task-id.js'
import type { RunnerOptions } from '../work/runner-options.js'
import type { WorkQueue } from '../work/work-queue.js'
import { toActivityFailure, toHttpFailure } from './activity-failure.js'
import { httpActivityName, performHttp } from './http-activity.js'

/**
 * Runs activities, each as often as it takes until one result is recorded: only who still holds the claim may record
 * one, in the transaction that ends the claim, so that no second one ever counts.
 */
export class ActivityRunner {
  readonly #options: RunnerOptions
  readonly #queue: WorkQueue

  constructor(options: RunnerOptions) {
    this.#options = options
    const { hub, functions, maxConcurrent, dispatcher, now } = options
    this.#queue = dispatcher.serve({
      kind: 'activity',
      names: [...functions.keys(), httpActivityName.toLowerCase()],
      maxConcurrent,
      begin: (claim) => {
        const [message] = hub.readMessages(claim.target, now())
        return () => void this.#run(claim, message)
      },
    })
  }

  async #run(claim: Claim, message: StoredMessage | undefined): Promise<void> {
    if (message === undefined) return this.#queue.commit(claim, nothing)
    const { hub, now } = this.#options
    const end = await this.#invoke(message)
    await this.#queue.commit(claim, (outbox) => {
      hub.consumeMessages(claim.target, [message])
      const fields = { TaskScheduledId: toTaskNumber(claim.target), ...end.fields }
      const event = toEventText({ type: end.type, at: now(), fields })
      notifyInstance(hub, outbox, { id: message.sender ?? '', execution: message.execution }, event)
      return undefined
    })
  }

  async #invoke({ name, input, sender }: StoredMessage): Promise<ActivityEnd> {
    const { invoker, functions } = this.#options
    if (name === httpActivityName) return toEnd(name, await performHttp(input), toHttpFailure)
    const definition = functions.get(name.toLowerCase())
    if (definition === undefined) {
      return toEnd(name, createFailure(`Activity function '${name}' does not exist.`))
    }
    const data = input === null ? ({ none: true } as const) : { string: input }
    const outcome = await invoker.invoke(definition, {
      input: data,
      triggerMetadata: {
        instanceId: { string: sender ?? '' },
        data,
        [definition.trigger.name]: data,
      },
      reason: '(null)',
    })
    return toEnd(definition.name, outcome)
  }
}

/** The event that an activity ends with, without the number of its task. */
interface ActivityEnd {
  readonly type: number
  readonly fields: Readonly<Record<string, unknown>>
}

function toEnd(name: string, outcome: InvocationOutcome, toFailure = toActivityFailure): ActivityEnd {
  if (!outcome.succeeded) return { type: eventTypes.taskFailed, fields: toFailure(name, outcome) }
  return { type: eventTypes.taskCompleted, fields: { Result: toActivityResult(outcome.returnValue) } }
}

/** JSON text of what an activity returned; `null` for nothing. Bytes become base64. */
function toActivityResult(value: TypedData | null | undefined): string | null {
  if (value === null || value === undefined) return null
  if ('string' in value) return JSON.stringify(value.string)
  if ('json' in value) return value.json ?? null
  if ('bytes' in value) return JSON.stringify(Buffer.from(value.bytes).toString('base64'))
  if ('int' in value) return JSON.stringify(value.int)
  if ('double' in value) return JSON.stringify(value.double)
  return null
}

function nothing(): undefined {}
