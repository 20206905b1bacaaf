import type { TypedData } from '../functions.js'
import { TriggerMetadata } from '../invocation/trigger-metadata.js'
import type { ReceivedMessage } from './message-queue.js'
import type { QueueSettings } from './queue-settings.js'

type Encoding = QueueSettings['messageEncoding']

/** A message's text for the function. @throws {Error} when it is not what the app's encoding setting says. */
export function decodeMessage(text: string, encoding: Encoding): string {
  if (encoding === 'none') return text
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new Error(
      'The message is not encoded in base64. Encode it, or set extensions.queues.messageEncoding of host.json to "none".',
    )
  }
  return Buffer.from(text, 'base64').toString('utf8')
}

/** The messages of one output value: the items of an array are a message each (Functions host: queue output). */
export function toMessageTexts(data: TypedData, encoding: Encoding): readonly string[] {
  if ('bytes' in data && data.bytes !== undefined) return [encode(Buffer.from(data.bytes), encoding)]
  return toTexts(data).map((text) => encode(Buffer.from(text), encoding))
}

function encode(bytes: Buffer, encoding: Encoding): string {
  return bytes.toString(encoding === 'base64' ? 'base64' : 'utf8')
}

function toTexts(data: TypedData): readonly string[] {
  if ('string' in data && data.string !== undefined) return [data.string]
  if (!('json' in data) || data.json === undefined) return Object.values(data).map(String)
  const parsed: unknown = JSON.parse(data.json)
  return (Array.isArray(parsed) ? parsed : [parsed]).map(toText)
}

/** JSON in several lines: what Azure writes, whose spaces count for how long a message may be. */
function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
}

/** What the function learns about a message; members of a JSON message win over what the queue says. */
export function toQueueMetadata(message: ReceivedMessage, text: string): Readonly<Record<string, TypedData>> {
  return new TriggerMetadata()
    .put('QueueTrigger', { string: text })
    .put('DequeueCount', { int: message.dequeueCount })
    .put('ExpirationTime', toInstant(message.expiresAt))
    .put('Id', { string: message.id })
    .put('InsertionTime', toInstant(message.insertedAt))
    .put('NextVisibleTime', toInstant(message.nextVisibleAt))
    .put('PopReceipt', { string: message.popReceipt })
    .putMembers(text)
    .toRecord()
}

/** As .NET prints a DateTimeOffset in JSON: with the offset, and without a fraction that is zero. */
function toInstant(time: Date): TypedData {
  return { string: time.toISOString().replace(/(?:\.000)?Z$/, '+00:00') }
}
