import { expect, test } from 'vitest'
import { EventStream, maxEventLength } from '../../../src/model/wire/event-stream.js'

type Packet = string | Uint8Array

/** A body that arrives in these packets, then ends, goes on for ever, or fails. */
function createReader(packets: readonly Packet[], then: 'end' | 'wait' | Error = 'end') {
  const left = packets.map((packet) => (typeof packet === 'string' ? Buffer.from(packet) : packet))
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const packet = left.shift()
      if (packet !== undefined) controller.enqueue(packet)
      else if (then === 'end') controller.close()
      else if (then === 'wait') return new Promise<void>(() => {})
      else controller.error(then)
      return undefined
    },
    cancel() {
      cancelled = true
    },
  })
  return { reader: body.getReader(), isCancelled: () => cancelled, isRead: () => left.length === 0 }
}

async function read(packets: readonly Packet[], headers = new Headers()): Promise<readonly unknown[][]> {
  const batches: unknown[][] = []
  const { reader } = createReader(packets)
  for await (const batch of new EventStream(reader, headers)) batches.push([...batch])
  return batches
}

/** What reading gives before it fails, and what it fails with. */
async function readUntilFailure(packets: readonly Packet[], headers = new Headers()) {
  const batches: unknown[][] = []
  const { reader, isCancelled } = createReader(packets, 'wait')
  try {
    for await (const batch of new EventStream(reader, headers)) batches.push([...batch])
  } catch (error) {
    return { batches, error, isCancelled }
  }
  throw new Error('Reading did not fail.')
}

test('gives the events of a packet together, and those of two packets apart', async () => {
  expect(await read(['data: 1\n\ndata: 2\n\n', 'data: 3\n\n'])).toEqual([[1, 2], [3]])
})

test.each<[string, string, unknown[]]>([
  ['line ends of Windows', 'data: 1\r\n\r\ndata: 2\r\n\r\n', [1, 2]],
  ['line ends of old', 'data: 1\r\rdata: 2\r\r', [1, 2]],
  ['comments', ': keep alive\n\n:\ndata: 1\n: more\n\n', [1]],
  ['data in several lines', 'data: {"a":\ndata: 2}\n\n', [{ a: 2 }]],
  ['no space after the colon', 'data:1\n\n', [1]],
  ['names, ids and other fields', 'event: x\nid: 7\nretry: 5\nodd: y\ndata: 1\n\n', [1]],
  ['a byte order mark', '\ufeffdata: 1\n\n', [1]],
  ['an end without the last empty line', 'data: 1\n\ndata: 2', [1, 2]],
  ['an end marker, and what follows it', 'data: 1\n\ndata: [DONE]\n\ndata: {"no\n\n', [1]],
  ['signs of several bytes', 'data: "é – 👋"\n\n', ['é – 👋']],
  ['a page', '<html>\n<p>data</p>\n\n</html>', []],
])('reads %s, wherever the network cuts it', async (_, text, expected) => {
  const bytes = Buffer.from(text)
  expect((await read([bytes])).flat()).toEqual(expected)
  expect((await read([...bytes].map((byte) => Uint8Array.of(byte)))).flat()).toEqual(expected)
  for (let cut = 1; cut < bytes.length; cut++) {
    const batches = await read([bytes.subarray(0, cut), bytes.subarray(cut)])
    expect(batches.flat()).toEqual(expected)
  }
})

test.each([
  ['an event called error', 'event: error\ndata: {"code":"server_error","message":"secret"}\n\n'],
  ['an event called error with an error in it', 'event: error\ndata: {"error":{"type":"server_error"}}\n\n'],
  ['an error in the data', 'data: {"error":{"code":"server_error","message":"secret"}}\n\n'],
])('fails on %s after what came before it in the same packet', async (_, event) => {
  const headers = new Headers({ 'x-request-id': 'req_9' })
  const { batches, error, isCancelled } = await readUntilFailure([`data: 1\n\n${event}data: 2\n\n`], headers)
  expect(batches).toEqual([[1]])
  expect(error).toMatchObject({ code: 'model_error', retryable: true })
  expect(String(error)).toContain('broke off its answer (server_error, request req_9)')
  expect(isCancelled()).toBe(true)
})

test('fails on an event that is no JSON', async () => {
  const { batches, error } = await readUntilFailure(['data: 1\n\ndata: {"a\n\n'])
  expect(batches).toEqual([[1]])
  expect(error).toBeInstanceOf(SyntaxError)
})

test('fails on an event that does not come to an end', async () => {
  const packet = 'x'.repeat(1024 * 1024)
  const packets = ['data: 1\n\ndata: "', ...Array(1 + maxEventLength / packet.length).fill(packet)]
  const { batches, error } = await readUntilFailure(packets)
  expect(batches).toEqual([[1]])
  expect(error).toMatchObject({ code: 'model_error', retryable: true })
})

test('fails when the body does, after what came before', async () => {
  const failure = new Error('gone')
  const batches: unknown[] = []
  const reading = async () => {
    for await (const batch of new EventStream(createReader(['data: 1\n\n'], failure).reader, new Headers()))
      batches.push(batch)
  }
  await expect(reading()).rejects.toBe(failure)
  expect(batches).toEqual([[1]])
})

test('ends the request when it is left early', async () => {
  const { reader, isCancelled } = createReader(['data: 1\n\n', 'data: 2\n\n'], 'wait')
  for await (const _ of new EventStream(reader, new Headers())) break
  expect(isCancelled()).toBe(true)
})

test('reads away what follows the end marker', async () => {
  const { reader, isRead, isCancelled } = createReader(['data: 1\n\ndata: [DONE]\n\n', '\n', ': bye\n\n'])
  for await (const _ of new EventStream(reader, new Headers()));
  await reader.closed
  expect(isRead()).toBe(true)
  expect(isCancelled()).toBe(false)
})

test('ends the request when much follows the end marker', async () => {
  const { reader, isCancelled } = createReader(
    ['data: [DONE]\n\n', ...Array(9).fill(Buffer.alloc(9000))],
    'wait',
  )
  for await (const _ of new EventStream(reader, new Headers()));
  await expect.poll(isCancelled).toBe(true)
})
