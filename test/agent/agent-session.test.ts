import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { AgentSession } from '../../src/agent/agent-session.js'
import { slidingWindow, summarize } from '../../src/agent/providers/compaction.js'
import { tool } from '../../src/agent/tools/tool.js'
import { createTextMessage, toText } from '../../src/core/messages.js'
import type { ChatClient } from '../../src/model/chat-client.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'

/** A model that says how many messages it was shown, and the last of them. */
const recall: ModelScript = ({ messages }) => ({
  text: `${messages.length}: ${toText(messages.at(-1)?.contents ?? [])}`,
})

function createAgent(options: Partial<AgentOptions> = {}, script = recall) {
  const client = new ScriptedModel(script)
  return { client, agent: new Agent({ name: 'Memory', client, ...options }) }
}

test('a session remembers, a run without one does not', async () => {
  const { agent } = createAgent()
  const session = agent.createSession()
  await agent.run('one', { session })
  expect((await agent.run('two', { session })).text).toBe('3: two')
  expect((await agent.run('three')).text).toBe('1: three')
  expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
})

test('a session goes on in another process from its JSON', async () => {
  const { agent } = createAgent({
    contextProviders: [
      {
        name: 'counter',
        async beforeRun({ state }) {
          state.visits = Number(state.visits ?? 0) + 1
          return undefined
        },
      },
    ],
  })
  const session = agent.createSession({ id: 'ann' })
  session.state.basket = { items: ['tea'] }
  await agent.run('one', { session })
  const copy = AgentSession.fromJSON(JSON.parse(JSON.stringify(session)))
  expect((await agent.run('two', { session: copy })).text).toBe('3: two')
  expect(copy.id).toBe('ann')
  expect(copy.state).toEqual({ basket: { items: ['tea'] }, counter: { visits: 2 } })
  expect(session.messages).toHaveLength(2)
})

test('tool calls and their results are part of the conversation', async () => {
  const now = tool({ name: 'now', description: '', execute: () => '12:00' })
  const script = [{ calls: [{ name: 'now', arguments: {} }] }, { text: 'noon' }, { text: 'yes' }]
  const { agent, client } = createAgent({ tools: [now] }, script)
  const session = AgentSession.fromJSON(agent.createSession().toJSON())
  await agent.run('Time?', { session })
  await agent.run('Sure?', { session: AgentSession.fromJSON(session.toJSON()) })
  expect(client.requests[2]?.messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'assistant',
    'user',
  ])
})

test('a run that fails adds nothing', async () => {
  const { agent } = createAgent({}, [{ error: new Error('down') }, { text: 'ok' }])
  const session = agent.createSession()
  await expect(agent.run('one', { session })).rejects.toThrow()
  expect(session.messages).toEqual([])
  expect((await agent.run('one', { session })).text).toBe('ok')
})

test('what all runs of a session may spend is limited, wherever it goes on, and also by runs that failed', async () => {
  let calls = 0
  const { agent } = createAgent({ maxTokensPerSession: 30, maxSteps: 1 }, () => {
    calls += 1
    return calls === 1 ? { calls: [{ name: 'none', arguments: {} }] } : { text: 'Yes' }
  })
  const session = agent.createSession()
  await expect(agent.run('one', { session })).rejects.toMatchObject({ code: 'max_steps_exceeded' })
  const later = AgentSession.fromJSON(JSON.parse(JSON.stringify(session)))
  expect((await agent.run('two', { session: later })).text).toBe('Yes')
  expect(later.tokens).toBe(30)
  await expect(agent.run('three', { session: later })).rejects.toMatchObject({ code: 'budget_exhausted' })
  expect((await agent.run('without a session')).text).toBe('Yes')
})

test('runs of one session that are begun together are carried out one after the other', async () => {
  const { agent } = createAgent()
  const session = agent.createSession()
  const answers = await Promise.all(
    ['a', 'b', 'c'].map(async (text) => (await agent.run(text, { session })).text),
  )
  expect(answers).toEqual(['1: a', '3: b', '5: c'])
})

test('who gives a run up does not wait for the one before it', async () => {
  const client = new ScriptedModel(({ messages }) =>
    toText(messages[0]?.contents ?? []) === 'First' ? { hangsAfter: 'Well' } : { text: 'Hello.' },
  )
  const agent = new Agent({ name: 'Clerk', client })
  const session = agent.createSession()
  const [first, second] = [new AbortController(), new AbortController()]
  const endless = agent.run('First', { session, signal: first.signal })
  const givenUp = agent.run('Second', { session, signal: second.signal })
  const last = agent.run('Third', { session })
  second.abort(new Error('Never mind.'))
  await expect(givenUp).rejects.toThrow('Never mind.')
  first.abort(new Error('Enough.'))
  await expect(endless).rejects.toThrow('Enough.')
  expect((await last).text).toBe('Hello.')
  expect(session.messages.map(({ contents }) => toText(contents))).toEqual(['Third', 'Hello.'])
})

test('who gives a run up does not wait for its history', async () => {
  const history = { load: () => new Promise<never>(() => {}), append: async () => {} }
  const agent = new Agent({ name: 'Clerk', client: new ScriptedModel([]), history })
  const caller = new AbortController()
  const run = agent.run('Hi', { session: agent.createSession(), signal: caller.signal })
  caller.abort(new Error('Never mind.'))
  await expect(run).rejects.toThrow('Never mind.')
})

test('the session id reaches tools', async () => {
  const seen: unknown[] = []
  const who = tool({ name: 'who', description: '', execute: (_args, { sessionId }) => seen.push(sessionId) })
  const { agent } = createAgent({ tools: [who] }, [
    { calls: [{ name: 'who', arguments: {} }] },
    { text: 'ok' },
  ])
  await agent.run('?', { session: agent.createSession({ id: 'ann' }) })
  expect(seen).toEqual(['ann'])
})

test('compaction decides what of a session the model is shown', async () => {
  const { agent } = createAgent({ compaction: slidingWindow({ maxTurns: 1 }) })
  const session = agent.createSession()
  for (const text of ['one', 'two']) await agent.run(text, { session })
  expect((await agent.run('three', { session })).text).toBe('3: three')
  expect(session.messages).toHaveLength(6)
})

test('a summary is made once, counts as spent, and travels with the session', async () => {
  const summarizer = new ScriptedModel([{ text: 'They said one.' }])
  const { agent, client } = createAgent({
    compaction: summarize({ client: summarizer, keepTurns: 1, everyTurns: 1 }),
  })
  const session = agent.createSession()
  for (const text of ['one', 'two', 'three']) await agent.run(text, { session })
  const { usage } = await agent.run('four', { session })
  summarizer.assertDone()
  expect(usage.totalTokens).toBe(30)
  const copy = AgentSession.fromJSON(session.toJSON())
  expect(copy.summary).toEqual({ upToTurn: 2, text: 'They said one.' })
  await agent.run('five', { session: copy })
  expect(client.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
    'assistant',
    'user',
  ])
})

test('a summary that keeps no turns stands in for all of them', async () => {
  const summarizer = new ScriptedModel([{ text: 'They said one and two.' }])
  const compaction = summarize({ client: summarizer, keepTurns: 0, everyTurns: 1 })
  const { agent, client } = createAgent({ compaction })
  const session = agent.createSession()
  for (const text of ['one', 'two', 'three']) await agent.run(text, { session })
  summarizer.assertDone()
  expect(session.summary?.upToTurn).toBe(2)
  expect(client.requests.at(-1)?.messages.map(({ role }) => role)).toEqual(['system', 'user'])
})

test('when summarising fails, the older turns are shown as they are', async () => {
  const client: ChatClient = {
    model: 'poor',
    stream: () => {
      throw new Error('no summary today')
    },
  }
  const { agent } = createAgent({ compaction: summarize({ client, keepTurns: 1, everyTurns: 1 }) })
  const session = agent.createSession()
  const onError = vi.fn()
  for (const text of ['one', 'two', 'three']) await agent.run(text, { session })
  expect((await agent.run('four', { session, onError })).text).toBe('7: four')
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'no summary today' }))
})

test('who stops a run need not wait for a summary', async () => {
  const client: ChatClient = {
    model: 'slow',
    stream(_request, { signal } = {}) {
      setImmediate(() => stop.abort(new Error('enough')))
      const next = () =>
        new Promise<never>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
      return { [Symbol.asyncIterator]: () => ({ next }) }
    },
  }
  const stop = new AbortController()
  const { agent } = createAgent({ compaction: summarize({ client, keepTurns: 1, everyTurns: 1 }) })
  const session = agent.createSession()
  for (const text of ['one', 'two', 'three']) await agent.run(text, { session })
  const onError = vi.fn()
  await expect(agent.run('four', { session, onError, signal: stop.signal })).rejects.toThrow('enough')
  expect(onError).not.toHaveBeenCalled()
})

const whole = { version: 1, id: 'a', messages: [], state: {} }

test.each<[string, unknown, RegExp]>([
  ['another version', { ...whole, version: 2 }, /version/],
  ['no id', { ...whole, id: '' }, /id/],
  [
    'a message of no known role',
    { ...whole, messages: [{ role: 'boss', contents: [] }] },
    /messages\.0\.role/,
  ],
  [
    'content of no known type',
    { ...whole, messages: [{ role: 'user', contents: [{ type: 'x' }] }] },
    /contents/,
  ],
  ['state that is no object', { ...whole, state: { a: 1 } }, /state\.a/],
  ['nothing', undefined, /no session/],
])('refuses JSON with %s', (_title, json, message) => {
  expect(() => AgentSession.fromJSON(json)).toThrow(message)
  expect(() => AgentSession.fromJSON(json)).toThrow(expect.objectContaining({ code: 'unsupported_state' }))
})

test.each([
  [{ sessionId: 'ann' }, 'invalid_configuration', 'AgentSession has no option "sessionId".'],
  [{ messages: [{ role: 'user', content: 'Hi' }] }, 'invalid_request', 'messages.0.contents: '],
  [{ messages: null }, 'invalid_request', 'messages: '],
  [{ state: 'teal' }, 'invalid_configuration', 'state of AgentSession takes an object'],
])('a session of %j is refused', (options, code, said) => {
  expect(() => new AgentSession(options as object)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(said) }),
  )
})

test('refuses a history beside a session', async () => {
  const { agent } = createAgent()
  const options = { session: agent.createSession(), history: [createTextMessage('user', 'Hi')] }
  await expect(agent.run('?', options)).rejects.toMatchObject({ code: 'invalid_request' })
})

test('a run may have more tools, other settings and a forced tool of its own', async () => {
  const look = tool({ name: 'look', description: '', execute: () => 'seen' })
  const { agent, client } = createAgent({ modelSettings: { temperature: 0, maxOutputTokens: 5 } }, [
    { calls: [{ name: 'look', arguments: {} }] },
    { text: 'ok' },
    { text: 'plain' },
  ])
  await agent.run('?', { tools: [look], toolChoice: { name: 'look' }, modelSettings: { temperature: 1 } })
  expect(client.requests[0]).toMatchObject({
    toolChoice: { name: 'look' },
    temperature: 1,
    maxOutputTokens: 5,
    tools: [{ name: 'look' }],
  })
  expect(client.requests[1]?.toolChoice).toBe('auto')
  await agent.run('?')
  expect(client.requests[2]).toMatchObject({ temperature: 0, tools: undefined, toolChoice: undefined })
})

test('a session holds on to nothing that its earlier runs gave', async () => {
  const session = new AgentSession()
  const { signal } = new AbortController()
  const begin = async () => new WeakRef(await session.afterOthers(async () => ({ text: 'long' }), signal))
  const first = await begin()
  for (let run = 0; run < 3; run += 1) await begin()
  setFlagsFromString('--expose-gc')
  await nextTurn()
  runInNewContext('gc')()
  expect(first.deref()).toBeUndefined()
})
