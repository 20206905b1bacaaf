import { app, type Timer } from '@azure/functions'
import * as df from 'durable-functions'
import type { Agent } from '../agent/agent.js'
import { AgentError } from '../core/errors.js'
import { toHexId } from '../core/hex-id.js'
import { isJsonObject, toJsonText } from '../core/json.js'
import type {
  AgentTrigger,
  BlobTrigger,
  QueueTrigger,
  ScheduleTrigger,
  TriggerEvent,
} from './agent-trigger.js'
import { type Firing, fireTrigger, type TriggerServices } from './fire-trigger.js'

const storage = 'AzureWebJobsStorage'
const extraInputs = [df.input.durableClient()]

/** The name of the function that a trigger becomes. */
export function toFunctionName(agent: Agent, trigger: AgentTrigger): string {
  return toName(toKind(trigger), agent.name, trigger.name)
}

function toKind({ queue, blob }: AgentTrigger): string {
  return queue !== undefined ? 'queue' : blob !== undefined ? 'blob' : 'schedule'
}

function toName(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('-')
}

/** Registers a function that runs an agent when something happens. @throws {AgentError} `invalid_configuration` when its name cannot be part of a function's. */
export function registerTrigger(agent: Agent, trigger: AgentTrigger, services: TriggerServices): void {
  checkName(trigger)
  const name = toFunctionName(agent, trigger)
  const firing = { agent, label: toName(toKind(trigger), trigger.name), services }
  if (trigger.queue !== undefined) registerQueue(name, trigger, firing)
  else if (trigger.blob !== undefined) registerBlob(name, trigger, firing)
  else registerSchedule(name, trigger, firing)
}

/** What all firings of a trigger share. */
type SharedFiring = Pick<Firing<unknown>, 'agent' | 'label' | 'services'>

function checkName({ name }: AgentTrigger): void {
  if (name === undefined || /^[A-Za-z0-9_-]{1,40}$/.test(name)) return
  const message = `Trigger name "${name}" must be 1-40 letters, digits, "_" or "-".`
  throw new AgentError('invalid_configuration', message)
}

function registerQueue(name: string, trigger: QueueTrigger, firing: SharedFiring): void {
  const { queue: queueName, connection = storage } = trigger
  app.storageQueue(name, {
    queueName,
    connection,
    extraInputs,
    handler: (item, context) => {
      const metadata = { ...context.triggerMetadata }
      const event = { id: toMessageId(metadata, item), metadata }
      return fireTrigger({ ...firing, trigger, item, event, context, text: toJsonText })
    },
  })
}

function registerBlob(name: string, trigger: BlobTrigger, firing: SharedFiring): void {
  const { blob: path, connection = storage, source } = trigger
  app.storageBlob(name, {
    path,
    connection,
    ...(source && { source }),
    extraInputs,
    handler: (blob, context) => {
      const item = Buffer.isBuffer(blob) ? blob : Buffer.from(String(blob))
      const metadata = { ...context.triggerMetadata }
      const event = { id: toBlobId(metadata, item), metadata }
      return fireTrigger({ ...firing, trigger, item, event, context, text: String })
    },
  })
}

function registerSchedule(name: string, trigger: ScheduleTrigger, firing: SharedFiring): void {
  const { schedule } = trigger
  app.timer(name, {
    schedule,
    extraInputs,
    handler: (item, context) => {
      const event = { id: toDueTime(item), metadata: { ...context.triggerMetadata } }
      return fireTrigger({ ...firing, trigger, item, event, context, text: () => '' })
    },
  })
}

/** The queue's own id of a message; in the metadata a message's property of that name hides it. */
function toMessageId(metadata: TriggerEvent['metadata'], item: unknown): string {
  const isHidden = isJsonObject(item) && Object.keys(item).some((name) => name.toLowerCase() === 'id')
  return isHidden ? toHexId(JSON.stringify([metadata.insertionTime, item])) : String(metadata.id)
}

/** The same for each delivery of the same version of a blob. */
function toBlobId(metadata: TriggerEvent['metadata'], content: Buffer): string {
  const { eTag } = (metadata.properties ?? {}) as { readonly eTag?: unknown }
  return toHexId(JSON.stringify([metadata.blobTrigger ?? metadata.uri, eTag ?? content.toString('base64')]))
}

/** When the timer was due, so that a run that its host's death cut off is found again; now for one that keeps no record. */
function toDueTime(timer: Partial<Timer> | undefined): string {
  const due = Date.parse(timer?.scheduleStatus?.next ?? '')
  const seconds = Math.floor((Number.isNaN(due) ? Date.now() : due) / 1000)
  return new Date(seconds * 1000).toISOString().replace(/[-:]|\.000/g, '')
}
