import { EventEmitter } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { sayHello } from '../../samples/recipes/01-hello-agent.js'
import { explain } from '../../samples/recipes/02-stream-tokens.js'
import { calculate } from '../../samples/recipes/03-typed-tool.js'
import { extractProfile } from '../../samples/recipes/04-structured-output.js'
import { talk } from '../../samples/recipes/05-persistent-sessions.js'
import { talkInSecret } from '../../samples/recipes/06-encrypted-history.js'
import { brief } from '../../samples/recipes/07-delegating-agents.js'
import { SupportRouter } from '../../samples/recipes/08-router.js'
import { quote } from '../../samples/recipes/10-skills.js'
import { createShop } from '../../samples/recipes/14-function-middleware.js'
import { createGuarded } from '../../samples/recipes/15-agent-middleware.js'
import { debug } from '../../samples/recipes/20-debug-stream.js'
import { turn } from '../../samples/recipes/21-session-replay.js'
import { poll, resume } from '../../samples/recipes/22-background-responses.js'
import { answer, createFriday } from '../../samples/recipes/23-compatible-server.js'
import { toText } from '../../src/core/messages.js'
import type { ChatRequest } from '../../src/model/chat-client.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { start } from '../model/openai/responses-kit.js'
import { startChatCompletionsServer } from '../support/chat-completions-server.js'
import { createPacedClient } from '../support/paced-client.js'
import { createTempFolder } from '../support/temp-folder.js'

/** Quotes everything the model was shown of the user. */
const quoting = ({ messages }: ChatRequest) => ({
  text: messages.flatMap(({ role, contents }) => (role === 'user' ? toText(contents) : [])).join(' '),
})

function lastResult({ messages }: ChatRequest): string {
  return JSON.stringify(messages.at(-1)?.contents)
}

async function read(pieces: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const piece of pieces) all.push(piece)
  return all
}

test('1: a session keeps the conversation, single questions do not', async () => {
  const [oneShot, followUp] = await sayHello(new ScriptedModel(quoting))
  expect(oneShot).toContain('event loop')
  expect(followUp).toContain('teal')
  expect(followUp).not.toContain('event loop')
})

test('2: tokens are written as they come, and the end tells why', async () => {
  const written: string[] = []
  const model = new ScriptedModel([{ text: 'Slow down.', chunks: ['Slow ', 'down.'] }])
  expect(await explain(model, (text) => written.push(text))).toBe('stop')
  expect(written.join('')).toBe('Slow down.')
})

test.each([
  [22, 7, '3.1429'],
  [10, 0, 'denominator must be non-zero'],
])('3: the model is told what comes of %i / %i', async (numerator, denominator, told) => {
  const model = new ScriptedModel((request) =>
    request.messages.at(-1)?.role === 'tool'
      ? { text: lastResult(request) }
      : { calls: [{ name: 'divide', arguments: { numerator, denominator } }] },
  )
  expect(await calculate(model, '?')).toContain(told)
  expect(JSON.stringify(model.requests[0]?.tools)).toContain('The divisor, which must not be zero')
})

test('4: the answer is a typed value', async () => {
  const answer = { name: 'Jane Doe', age: 28, interests: ['hiking', 'TypeScript'] }
  const value = await extractProfile(
    new ScriptedModel([{ text: '{"name":"Jane Doe","age":280}' }, { text: JSON.stringify(answer) }]),
  )
  expect(value).toEqual(answer)
  expectTypeOf(value).toEqualTypeOf<{ name: string; age: number; interests: string[] }>()
})

test('5: the conversation goes on in the next process', async () => {
  const folder = createTempFolder()
  await talk(new ScriptedModel(quoting), folder, 'Order #4421 is late.')
  expect(await talk(new ScriptedModel(quoting), folder, 'Any update?')).toBe(
    'Order #4421 is late. Any update?',
  )
  expect(await readdir(folder)).toEqual(['customer-9281.jsonl'])
})

test('6: the conversation is on disk, and cannot be read there', async () => {
  const folder = createTempFolder()
  const key = Buffer.alloc(32, 7)
  expect(await talkInSecret(new ScriptedModel(quoting), folder, key)).toContain('4711')
  expect(await readFile(join(folder, 'ann.jsonl'), 'utf8')).not.toMatch(/4711|PIN|messages/)
  await expect(talkInSecret(new ScriptedModel(quoting), folder, Buffer.alloc(32, 8))).rejects.toMatchObject({
    code: 'unsupported_state',
  })
})

test('7: the researcher knows the question alone, the summariser the conversation', async () => {
  const model = new ScriptedModel([
    { calls: [{ name: 'researcher', arguments: { query: 'Lattices?' } }] },
    { text: 'Much about lattices.' },
    { calls: [{ name: 'summariser', arguments: { query: 'Sum up.' } }] },
    { text: '- Lattices.' },
    { text: 'Brief: lattices.' },
  ])
  const told: string[] = []
  expect(await brief(model, (text) => told.push(text))).toBe('Brief: lattices.')
  model.assertDone()
  expect(told.join('')).toBe('Much about lattices.')
  expect(JSON.stringify(model.requests[1])).not.toContain('Brief me')
  expect(JSON.stringify(model.requests[3])).toContain('Much about lattices.')
})

test('8: the classifier picks who answers', async () => {
  const model = new ScriptedModel([{ text: '{"department":"BILLING"}' }, { text: 'You get a new invoice.' }])
  expect(await new SupportRouter(model).handle('My invoice is wrong.')).toBe('You get a new invoice.')
  expect(JSON.stringify(model.requests[1])).toContain('billing specialist')
})

test('10: the skill is read when it is needed, for the tenant that only the code knows', async () => {
  const model = new ScriptedModel((request) => {
    if (request.messages.at(-1)?.role === 'tool') return { text: lastResult(request) }
    return {
      calls: [{ name: 'read_skill_resource', arguments: { skill: 'tenant-pricing', resource: 'matrix' } }],
    }
  })
  expect(await quote(model, 'acme')).toContain('tenant=acme')
  expect(JSON.stringify(model.requests[0])).toContain('tenant-pricing')
  expect(JSON.stringify(model.requests[0])).not.toMatch(/acme\b|Quote prices/)
})

test('14: a tool that fails is called again, and what it gave is remembered', async () => {
  const found: string[] = []
  const model = new ScriptedModel((request) =>
    request.messages.at(-1)?.role === 'tool'
      ? { text: lastResult(request) }
      : { calls: [{ name: 'lookup_sku', arguments: { sku: 'WCH-42' } }] },
  )
  const shop = createShop(model, (sku) => {
    found.push(sku)
    if (found.length === 1) throw new Error('catalogue is down')
    return `${sku}: charger`
  })
  expect((await shop.run('?')).text).toContain('WCH-42: charger')
  expect((await shop.run('?')).text).toContain('WCH-42: charger')
  expect(found).toHaveLength(2)
})

test('15: a tenant over its quota gets an answer that no model gave', async () => {
  const times: number[] = []
  const model = new ScriptedModel([{ text: 'one' }, { text: 'two' }])
  const agent = createGuarded(model, (ms) => times.push(ms))
  const ask = async (tenantId: string) => (await agent.run('Hi', { context: { tenantId } })).text
  expect([await ask('acme'), await ask('globex'), await ask('acme'), await ask('acme')]).toEqual([
    'one',
    'Quota exhausted.',
    'two',
    'Quota exhausted.',
  ])
  expect(times).toHaveLength(4)
})

test('20: calls and results show in the stream', async () => {
  const written: string[] = []
  await debug(
    new ScriptedModel([{ calls: [{ name: 'get_time', arguments: {} }] }, { text: 'Late.' }]),
    (text) => written.push(text),
  )
  expect(written.join('')).toMatch(
    /\[call get_time\(\{\}\)\].*\[result call_0_0: "\d{4}-.*Late\..*finish reason: stop/s,
  )
})

test('21: a session travels as text', async () => {
  const first = await turn(new ScriptedModel(quoting), undefined, 'My order #4421 is missing.')
  const second = await turn(new ScriptedModel(quoting), first.blob, 'What did I ask?')
  expect(second.reply).toBe('My order #4421 is missing. What did I ask?')
  expect(JSON.parse(second.blob)).toMatchObject({ state: { counter: { turns: 2 } } })
})

test('22: a background answer is polled for, and asked for once', async () => {
  const { client, server } = await start([{ reasoning: ['Hm'], text: 'Time bends.', polls: 2 }])
  const written: string[] = []
  expect(await poll(client, (text) => written.push(text), 0)).toBe('Time bends.')
  expect(written).toEqual(['Poll 1: at work\n', 'Poll 2: at work\n', 'Poll 3: done\n'])
  expect(server.requests.map(({ body }) => body.background)).toEqual([true])
})

test('22: a background stream that is left goes on where it was left', async () => {
  const { client, server } = await start([{ text: 'Heart, sleep and mood.' }], {}, { eventDelayMs: 2 })
  const written: string[] = []
  const news = new EventEmitter()
  await resume(createPacedClient(client, news), (text) => {
    written.push(text)
    if (text !== '') news.emit('read')
  })
  const said = written.join('')
  expect(said.replace('\n[interrupted]\n', '')).toBe('Heart, sleep and mood.')
  expect(said.indexOf('[interrupted]')).toBeLessThan(12)
  expect(server.requests).toHaveLength(1)
  expect(server.visits[0]).toMatch(/starting_after=\d+$/)
})

test('23: a compatible server is asked with its key for its model, and a saved session goes on', async () => {
  const server = await startChatCompletionsServer({
    script: ({ messages = [] }) => ({ text: `Heard ${messages.length}.` }),
  })
  onTestFinished(() => server.close())
  const friday = createFriday({
    apiKey: 'sk-qwen',
    baseUrl: `${server.url.replace(/\/v1$/, '')}/compatible-mode/v1`,
  })
  const store = new Map<string, string>()
  const turns = [await read(answer(friday, store, 's', 'Hi')), await read(answer(friday, store, 's', 'And?'))]
  expect(turns.map((pieces) => pieces.join(''))).toEqual(['Heard 2.', 'Heard 4.'])
  expect(
    server.requests.map(({ body, headers }) => [body.model, body.stream, headers.authorization]),
  ).toEqual(Array(2).fill(['qwen-plus', true, 'Bearer sk-qwen']))
})
