import { isJsonObject } from '../../core/json.js'
import { toStreamError } from '../provider-errors.js'
import { createTooLongError, EventStream, maxEventLength } from './event-stream.js'
import type { PacketReader } from './read-away.js'
import type { SilenceLimit } from './silence-limit.js'

/** What a model server answers: event by event, those that came together in one batch; or whole. */
export type ModelReply =
  | { readonly batches: AsyncIterable<readonly unknown[]>; readonly whole?: undefined }
  | { readonly whole: unknown; readonly batches?: undefined }

/** A call of the `openai` package that has been begun. */
type Call = PromiseLike<unknown> & { asResponse?(): Promise<Response> }

/**
 * The reply to a call. With `raw` it is read as it comes from the wire, which costs a fraction of what the package's own
 * reading does; that is not for clients which may be something else than they seem, as those wrapped by tracing tools.
 * A server that cannot stream may answer whole although it was asked for events.
 * @throws what the `openai` package throws, or the limit's reason.
 */
export async function readReply(
  call: Call,
  { limit, raw }: { readonly limit: SilenceLimit; readonly raw: boolean },
): Promise<ModelReply> {
  if (raw && call.asResponse !== undefined) {
    const { body, headers } = await limit.wait(call.asResponse())
    // The bodies of other fetch implementations are Node's streams.
    if (typeof body?.getReader === 'function') return readBody(body.getReader(), headers, limit)
  }
  const reply = await limit.wait(call)
  return isIterable(reply) ? { batches: oneByOne(reply) } : toWhole(reply)
}

async function readBody(reader: PacketReader, headers: Headers, limit: SilenceLimit): Promise<ModelReply> {
  const first = await limit.wait(reader.read())
  // Told by the first sign, as servers exist whose events call themselves JSON, or nothing at all.
  if (first.value?.find(isSign) === openBrace) {
    return toWhole(await readWhole(reader, first.value, limit), headers)
  }
  const batches = new EventStream(reader, headers)
  batches.add(first)
  return { batches }
}

const openBrace = 0x7b

/** False for white space and for a byte order mark. */
function isSign(byte: number): boolean {
  return byte > 0x20 && byte < 0x80
}

async function readWhole(reader: PacketReader, first: Uint8Array, limit: SilenceLimit): Promise<unknown> {
  const packets = [first]
  for (let bytes = first.byteLength; bytes <= maxEventLength; ) {
    const { value, done } = await limit.wait(reader.read())
    if (done) return JSON.parse(new TextDecoder().decode(Buffer.concat(packets)))
    packets.push(value)
    bytes += value.byteLength
  }
  await reader.cancel()
  throw createTooLongError()
}

/** Servers exist that refuse with status 200. A response that has come to nothing is none: it says so by a status of its own. */
function toWhole(whole: unknown, headers = new Headers()): ModelReply {
  const error = isJsonObject(whole) && whole.status === undefined ? whole.error : undefined
  if (error) throw toStreamError(error, headers)
  return { whole }
}

// No generator: that would not let itself be ended while it waits.
function oneByOne(source: AsyncIterable<unknown>): AsyncIterable<readonly unknown[]> {
  const iterator = source[Symbol.asyncIterator]()
  const next = async (): Promise<IteratorResult<readonly unknown[]>> => {
    const { value, done } = await iterator.next()
    return done ? { value: undefined, done } : { value: [value], done: false }
  }
  const end = async (): Promise<IteratorResult<readonly unknown[]>> => {
    await iterator.return?.()
    return { value: undefined, done: true }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) }
}

function isIterable(reply: unknown): reply is AsyncIterable<unknown> {
  return typeof reply === 'object' && reply !== null && Symbol.asyncIterator in reply
}
