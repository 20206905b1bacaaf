import type { Timer } from '@azure/functions'
import type { ChatMessage } from '../core/messages.js'
import type { RunAnswer } from '../run/events.js'

/** What a trigger has fired for. */
export interface TriggerEvent {
  /** Names what came. What is delivered twice has the same. */
  readonly id: string
  /** What the platform tells of it, such as a queue message's `dequeueCount` or the parts of a blob's path. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** How an agent is run when something happens. */
export interface TriggerOptions<Item> {
  /** Tells triggers of a kind apart: part of the function's name. Needed from the second one on. */
  readonly name?: string | undefined
  /** Names what came: the same is the same run, however often it is delivered. 1-120 characters. @default what the platform names it by */
  readonly id?: Made<Item, string> | undefined
  /** What the agent is told. @default the text of what came, as JSON when it is no text */
  readonly message?: Made<Item, string | readonly ChatMessage[]> | undefined
  /** The conversation it belongs to. @default one of its own */
  readonly sessionId?: Made<Item, string> | undefined
  /** Whom a new session belongs to. @default nobody */
  readonly owner?: Made<Item, string> | undefined
  /** Stored with the run, and given to its tools. @default none */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Told the answer, if it comes within the function's time; at least once, and a throw delivers the message again. */
  readonly onAnswer?: ((answer: RunAnswer, event: TriggerEvent) => void | Promise<void>) | undefined
}

/** A value, or what makes it of what came. */
export type Made<Item, Value> = Value | ((item: Item, event: TriggerEvent) => Value | Promise<Value>)

/**
 * Runs the agent for each message of a storage queue, which is an object when its text is JSON. A message whose run fails
 * is delivered again, and in the end moved to the poison queue, as with any queue function.
 */
export interface QueueTrigger extends TriggerOptions<unknown> {
  /** The queue's name. */
  readonly queue: string
  readonly blob?: undefined
  readonly schedule?: undefined
  /** The setting with the storage account's connection. @default 'AzureWebJobsStorage' */
  readonly connection?: string | undefined
}

/** Runs the agent for each new or changed blob. One whose run fails is tried again like a queue message. */
export interface BlobTrigger extends TriggerOptions<Buffer> {
  /** The blobs' path, such as `inbox/{name}.txt`; its parts are in the event's metadata. */
  readonly blob: string
  readonly queue?: undefined
  readonly schedule?: undefined
  /** The setting with the storage account's connection. @default 'AzureWebJobsStorage' */
  readonly connection?: string | undefined
  /** Who tells of new blobs. The Flex Consumption plan knows only `EventGrid`, which needs an event subscription of the account. @default 'LogsAndContainerScan', which needs nothing */
  readonly source?: 'EventGrid' | 'LogsAndContainerScan' | undefined
}

/** Runs the agent by the clock. */
export interface ScheduleTrigger extends TriggerOptions<Timer> {
  /** NCRONTAB, `second minute hour day month weekday`, in the time zone of the app. */
  readonly schedule: string
  readonly queue?: undefined
  readonly blob?: undefined
  readonly message: Made<Timer, string | readonly ChatMessage[]>
}

/** Something that runs an agent besides HTTP requests. */
export type AgentTrigger = QueueTrigger | BlobTrigger | ScheduleTrigger
