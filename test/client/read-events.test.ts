import { expect, test } from 'vitest'
import { readEvents } from '../../src/client/read-events.js'
import { systemClock } from '../../src/core/clock.js'
import { type ServerSentEvent, toSseComment, toSseText } from '../../src/core/sse.js'

const sent: readonly ServerSentEvent[] = [
  { id: '0', event: 'run.accepted', data: '{}' },
  { id: '1', event: 'message.delta', data: '{"step":0,"text":"Grüße 👋"}' },
  { id: '2', event: 'run.completed', data: 'two\nlines' },
]
const text = toSseComment('open') + sent.map(toSseText).join(toSseComment('alive'))

async function read(chunks: readonly Uint8Array[]): Promise<readonly ServerSentEvent[]> {
  const options = { clock: systemClock, silenceMs: 60_000, onSilence: () => {} }
  const read: ServerSentEvent[] = []
  for await (const { id, event, data } of readEvents(ReadableStream.from(chunks), options)) {
    read.push({ id, event, data })
  }
  return read
}

test('gives the same events wherever the network cuts the stream into pieces', async () => {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at <= bytes.length; at++) {
    expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(sent)
  }
  expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(sent)
})

test('leaves out an event that the end cuts off', async () => {
  const bytes = new TextEncoder().encode(text)
  expect(await read([bytes.subarray(0, -1)])).toEqual(sent.slice(0, -1))
})

test('throws what the body throws, after the events before', async () => {
  const body = ReadableStream.from(
    (async function* () {
      yield new TextEncoder().encode(toSseText({ id: '0', data: 'x' }))
      throw new Error('cut')
    })(),
  )
  const events = readEvents(body, { clock: systemClock, silenceMs: 60_000, onSilence: () => {} })
  expect((await events.next()).value).toMatchObject({ id: '0' })
  await expect(events.next()).rejects.toThrow('cut')
})

test('tells when the stream has been silent for too long, while somebody reads', async () => {
  const alarms: { readonly ms: number; isOff: boolean }[] = []
  const after = (ms: number, ring: () => void) => {
    const alarm = { ms, isOff: false }
    alarms.push(alarm)
    if (alarms.length === 2) queueMicrotask(ring)
    return () => {
      alarm.isOff = true
    }
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const onSilence = () => void writer.abort(new Error('silent'))
  const events = readEvents(readable, { clock: { ...systemClock, after }, silenceMs: 7, onSilence })
  void writer.write(new TextEncoder().encode(toSseText({ id: '0', data: 'x' })))
  await events.next()
  expect(alarms).toEqual([{ ms: 7, isOff: true }])
  await expect(events.next()).rejects.toThrow('silent')
})
