import type { Readable } from 'node:stream'
import type { ReadableStreamReadResult } from 'node:stream/web'
import type { PacketReader } from './read-away.js'

/** Most bytes that are kept for a reader who is slow; more is left to wait at the server. */
const maxWaitingBytes = 64 * 1024

type Packet = ReadableStreamReadResult<Uint8Array>

/**
 * The body of an answer, packet by packet as it comes from a stream of Node: a reader's half of what `ReadableStream` is,
 * at a fraction of its cost. It has one reader, who waits for one packet at a time.
 * A body that is broken off fails with a `TypeError` after all that came of it, an aborted one at once with the signal's
 * reason.
 */
export class HttpBody implements PacketReader {
  readonly #source: Readable
  readonly #signal: AbortSignal | undefined
  readonly #packets: Uint8Array[] = []
  readonly #onAbort = () => this.#abort()
  #waitingBytes = 0
  #reader:
    | { readonly resolve: (packet: Packet) => void; readonly reject: (error: unknown) => void }
    | undefined
  #end: { readonly error?: unknown } | undefined

  constructor(source: Readable, signal: AbortSignal | undefined) {
    this.#source = source
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort)
    source.on('data', (packet: Uint8Array) => this.#add(packet))
    source.once('end', () => this.#finish({}))
    source.on('error', (cause) => this.#breakOff(cause))
    source.once('close', () => this.#breakOff())
  }

  read(): Promise<Packet> {
    const value = this.#packets.shift()
    if (value !== undefined) {
      this.#waitingBytes -= value.byteLength
      if (this.#waitingBytes < maxWaitingBytes) this.#source.resume()
      return Promise.resolve({ value, done: false })
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
      if (this.#end !== undefined) this.#tellEnd(this.#end)
    })
  }

  /** Ends the request; who reads is told that it has ended. */
  async cancel(): Promise<void> {
    this.#packets.length = 0
    this.#finish({})
    this.#source.destroy()
  }

  #add(value: Uint8Array): void {
    const reader = this.#reader
    if (reader !== undefined) {
      this.#reader = undefined
      reader.resolve({ value, done: false })
      return
    }
    this.#packets.push(value)
    this.#waitingBytes += value.byteLength
    if (this.#waitingBytes >= maxWaitingBytes) this.#source.pause()
  }

  #breakOff(cause?: unknown): void {
    if (this.#end === undefined) this.#finish({ error: new TypeError('terminated', { cause }) })
  }

  #abort(): void {
    this.#packets.length = 0
    this.#finish({ error: this.#signal?.reason })
    this.#source.destroy()
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#tellEnd(end)
  }

  #tellEnd(end: { readonly error?: unknown }): void {
    const reader = this.#reader
    this.#reader = undefined
    if ('error' in end) reader?.reject(end.error)
    else reader?.resolve({ value: undefined, done: true })
  }
}
