import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { AppClient } from '../../../src/cli/chat/app-client.js'
import { systemClock } from '../../../src/core/clock.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A client of a server that answers as it is told. */
async function connect(answer: RequestListener, key?: string): Promise<AppClient> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return new AppClient({ url: `http://127.0.0.1:${port}/api`, key, clock: systemClock })
}

const problem = JSON.stringify({ detail: 'The store is away.', code: 'store_unavailable' })

test.each([
  [401, '', {}, false, /401.+--key/],
  [403, '', {}, false, /--key/],
  [404, '', {}, false, /must end.+--url/],
  [404, JSON.stringify({ detail: 'No such run.', code: 'not_found' }), {}, false, /^No such run\.$/],
  [302, '', { location: 'https://elsewhere.example/' }, false, /--url: https:\/\/elsewhere/],
  [503, problem, { 'retry-after': '1' }, true, /^The store is away\.$/],
  [502, '<html>', {}, true, /502/],
  [500, '', {}, true, /500/],
  [500, JSON.stringify({ detail: 'Set it up.', code: 'invalid_configuration' }), {}, false, /Set it up/],
])('of an answer %i %s tells what to do', async (status, text, headers, retryable, message) => {
  const client = await connect((_request, response) => response.writeHead(status, headers).end(text))
  await expect(client.readAgents()).rejects.toMatchObject({
    retryable,
    message: expect.stringMatching(message),
  })
})

test.each(['', '<html>', '{}', '{"agents":[1]}'])('what answers %j is no app of ours', async (text) => {
  const client = await connect((_request, response) => response.end(text))
  await expect(client.readAgents()).rejects.toThrow(/no app of this library.+--url/)
})

test('sends the key with every request, and follows no redirect with it', async () => {
  const seen: unknown[] = []
  const client = await connect((request, response) => {
    seen.push(request.headers['x-functions-key'])
    response.writeHead(307, { location: '/elsewhere' }).end()
  }, 'the-key')
  await expect(client.readAgents()).rejects.toThrow('sends elsewhere')
  expect(seen).toEqual(['the-key'])
})

test('a message is sent under its key, and its answer that is cut off can be followed again', async () => {
  const seen: unknown[] = []
  const client = await connect((request, response) => {
    const { method, url, headers } = request
    seen.push([method, url, headers['idempotency-key'], headers['last-event-id'], headers.accept])
    response.setHeader('content-type', 'text/event-stream')
    response.write('id: 0\nevent: run.accepted\ndata: {}\n\nid: 1\nevent: ', () => response.destroy())
  })
  const address = { agent: 'A', session: 'ann b', run: 'r 1' }
  const ids: number[] = []
  const events = await client.sendMessage(address, { text: 'Hi' })
  const reading = (async () => {
    for await (const { id } of events) ids.push(id)
  })()
  await expect(reading).rejects.toMatchObject({ retryable: true })
  expect(ids).toEqual([0])
  await client.followRun(address, 0)
  expect(seen).toEqual([
    ['POST', '/api/agents/A/run', 'r 1', undefined, 'text/event-stream'],
    ['GET', '/api/agents/A/ann%20b/runs/r%201/events', undefined, '0', 'text/event-stream'],
  ])
})
