import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { demoRule } from '../support/chat-completions-server-rules.js'
import type { EventReader, SseItem } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let model: ChatCompletionsServer
let one: RunningApp
let other: RunningApp

beforeAll(async () => {
  model = await bed.startModel({
    script: (body) =>
      JSON.stringify(body.messages).includes('silence')
        ? { text: 'a b c d', holdAfterChunks: 2 }
        : demoRule(body),
    chunkDelayMs: 20,
  })
  const dataDir = await bed.createFolder()
  const start = () => bed.startApp({ model, dataDir, env: { E2E_HEARTBEAT_MS: '100' } })
  one = await start()
  other = await start()
})

async function startRun(session: string, message: string): Promise<string> {
  const { body } = await one.api.run({ message, sessionId: session, waitForResponse: false })
  return body.correlationId
}

test('a reader who comes back after any event of a running run gets exactly the rest, from either host', async () => {
  const run = await startRun('live', 'What is the weather in Paris?')
  const first = await one.api.events('live', run)
  const returned: { readonly after: number; readonly reader: Promise<EventReader> }[] = []
  await first.waitFor(({ id, type }) => {
    for (let after = returned.length; after <= id; after++) {
      const host = after % 2 === 0 ? other : one
      returned.push({ after, reader: host.api.eventsAfter('live', run, after) })
    }
    return type === 'run.completed'
  })
  const all = await first.end()
  expect(all.filter(({ type }) => type === 'message.delta').length).toBeGreaterThan(1)
  expect(returned).toHaveLength(all.length)
  for (const { after, reader } of returned) {
    expect(await (await reader).end()).toEqual(all.slice(after + 1))
  }
})

test('a reader who comes back to an ended run gets exactly the rest, by header and by query, from either host', async () => {
  const run = await startRun('ended', 'What is the weather in Paris?')
  const all = await (await one.api.events('ended', run)).end()
  expect(all.map(({ id }) => id)).toEqual(all.map((_event, index) => index))
  expect(all.at(-1)?.type).toBe('run.completed')
  for (const { api } of [one, other]) {
    for (const { id } of all) {
      const rest = all.slice(id + 1)
      expect(await readAll(api.eventsAfter('ended', run, id))).toEqual(rest)
      expect(await readAll(api.events('ended', run, `?after=${id}`))).toEqual(rest)
    }
  }
})

test('the header wins over the query, as a browser repeats the address it was given', async () => {
  const run = await startRun('both', 'Hello')
  const all = await readAll(one.api.events('both', run))
  const rest = await readAll(one.api.events('both', run, '?after=0', { 'last-event-id': '2' }))
  expect(rest).toEqual(all.slice(3))
})

test('a cursor beyond the end of an ended run gives an empty stream', async () => {
  const run = await startRun('beyond', 'Hello')
  await readAll(one.api.events('beyond', run))
  expect(await readAll(one.api.eventsAfter('beyond', run, 9999))).toEqual([])
})

test('the answer to the posted message is the same stream', async () => {
  const posted = await one.api.stream({ message: 'Hello', sessionId: 'posted', correlationId: 'p' })
  const events = await posted.end()
  expect(events.at(0)).toMatchObject({ id: 0, type: 'run.accepted' })
  expect(await readAll(other.api.events('posted', 'p'))).toEqual(events)
})

test('a silent stream begins at once and says that it lives', async () => {
  const run = await startRun('silent', 'silence, please')
  const before = await one.api.events('silent', run)
  const { id } = await before.waitForType('message.delta')
  for (const { api } of [one, other]) {
    const reader = await api.eventsAfter('silent', run, id)
    await expect.poll(() => reader.items.length, { timeout: 5000 }).toBeGreaterThan(3)
    expect(reader.events).toEqual([])
    expect(reader.items.slice(0, 4).map(({ kind, data }) => [kind, data])).toEqual([
      ['comment', 'open'],
      ['comment', 'alive'],
      ['comment', 'alive'],
      ['comment', 'alive'],
    ])
  }
})

test('a stream ends with its reader, whatever becomes of the run', async () => {
  const run = await startRun('left', 'silence, please')
  const reader = new AbortController()
  const path = `/api/agents/Assistant/left/runs/${run}/events`
  const response = await fetch(`${one.url}${path}`, { signal: reader.signal })
  await response.body?.getReader().read()
  const countEnds = () => one.output().match(/Executed 'Functions\.http-events-/g)?.length ?? 0
  const before = countEnds()
  reader.abort()
  await expect.poll(countEnds).toBe(before + 1)
  expect((await one.api.outcome('left', run)).status).toBe(202)
})

async function readAll(opening: Promise<EventReader>): Promise<readonly SseItem[]> {
  return (await opening).end()
}
