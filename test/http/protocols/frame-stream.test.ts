import { expect, test } from 'vitest'
import { createFrameStream } from '../../../src/http/protocols/frame-stream.js'
import type { Call } from '../../../src/http/route.js'

const key = { agent: 'A', session: 's', run: 'r' }

/** The data of a stream that tells two frames and then breaks, and what was reported of that. */
async function tell(end?: string) {
  const reported: unknown[] = []
  const call = { settings: { heartbeatMs: 60_000 }, onError: (error: unknown) => reported.push(error) }
  async function* batches() {
    yield [1, 2]
    throw new Error('the reason')
  }
  const { body, headers } = createFrameStream(call as unknown as Call, {
    key,
    batches: batches(),
    toData: (frame) => ({ frame }),
    toErrorData: () => ({ error: 'broken' }),
    headers: { 'x-dialect': 'ours' },
    ...(end === undefined ? {} : { end }),
  })
  const text = await new Response(body).text()
  return { headers, reported, data: [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data) }
}

test('each frame is an event, and so is what breaks the stream, whose reason is only reported', async () => {
  const { data, reported } = await tell()
  expect(data).toEqual(['{"frame":1}', '{"frame":2}', '{"error":"broken"}'])
  expect(reported).toEqual([new Error('the reason')])
})

test('a text that ends a stream comes last in any case, as it is', async () => {
  expect((await tell('[DONE]')).data.at(-1)).toBe('[DONE]')
})

test('a stream says which run it tells, in the headers of its dialect too', async () => {
  const { headers } = await tell()
  expect(headers).toMatchObject({ 'x-ms-session-id': 's', 'x-ms-correlation-id': 'r', 'x-dialect': 'ours' })
})
