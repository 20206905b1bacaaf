import { expect, test } from 'vitest'
import { Agent } from '../../../src/agent/agent.js'
import type { ContextProvider } from '../../../src/agent/agent-definition.js'
import { InProcessMemoryStore } from '../../../src/agent/memory/in-process-memory-store.js'
import {
  createMemoryProvider,
  type MemoryProviderOptions,
} from '../../../src/agent/memory/memory-provider.js'
import { toText } from '../../../src/core/messages.js'
import { MemoryRunLog } from '../../../src/log/memory-run-log.js'
import { createRunRequest } from '../../../src/session/client/run-request.js'
import { type ModelScript, ScriptedModel } from '../../../src/testing/scripted-model.js'
import { EntityKit } from '../../session/entity-kit.js'

function createAgent(script: ModelScript, options: Partial<MemoryProviderOptions> = {}) {
  const store = new InProcessMemoryStore()
  const client = new ScriptedModel(script)
  const memory = createMemoryProvider({ store, ...options })
  return { store, client, agent: new Agent({ name: 'Butler', client, contextProviders: [memory] }) }
}

const call = (name: string, args: Record<string, string>) => ({ calls: [{ name, arguments: args }] })

test('what the model remembers in one session of a user it is told in another one', async () => {
  const { agent, client, store } = createAgent([
    call('remember', { text: 'Ann drinks green tea.' }),
    { text: 'Noted.' },
    { text: 'Tea, of course.' },
    { text: 'I do not know.' },
  ])
  const log = new MemoryRunLog()
  const ask = async (session: string, owner: string | undefined, text: string) => {
    const messages = [{ role: 'user' as const, contents: [{ type: 'text' as const, text }] }]
    const request = createRunRequest({ messages, options: { enableToolCalls: true }, owner })
    await log.create({ agent: 'Butler', session, run: `${session}-1` }, request)
    const entity = new EntityKit({ agent, log, session })
    await entity.operate('run', { correlationId: `${session}-1` })
  }
  await ask('one', 'ann', 'I like green tea')
  await ask('two', 'ann', 'Which tea do I want?')
  await ask('three', 'bob', 'Which tea do I want?')
  const shown = (index: number) => client.requests[index]?.messages.map(({ contents }) => toText(contents))
  expect(shown(2)).toEqual([
    expect.stringMatching(/^Notes from earlier.*\n- \(.*\) Ann drinks green tea\.$/s),
    'Which tea do I want?',
  ])
  expect(shown(3)).toEqual(['Which tea do I want?'])
  expect(await store.list('owner/ann', 5)).toHaveLength(1)
})

test("a session's memories are no stranger's who takes its name when it is deleted", async () => {
  const { agent, client, store } = createAgent(({ messages }) => ({ text: String(messages.length) }), {
    scope: 'session',
    remember: ({ messages }) => messages.map(({ contents }) => toText(contents)),
  })
  const ask = async (owner: string | undefined) => {
    const log = new MemoryRunLog()
    const messages = [{ role: 'user' as const, contents: [{ type: 'text' as const, text: 'My tea' }] }]
    const request = createRunRequest({ messages, options: { enableToolCalls: true }, owner })
    await log.create({ agent: 'Butler', session: 's', run: 'r' }, request)
    await new EntityKit({ agent, log, session: 's' }).operate('run', { correlationId: 'r' })
    return client.requests.at(-1)?.messages.length
  }
  expect([await ask('ann'), await ask('bob'), await ask(undefined), await ask('ann')]).toEqual([1, 1, 1, 2])
  expect(await store.list('session/Butler/s', 5)).toHaveLength(1)
})

test('in a session of nobody memories are those of the session, and without a session there are none', async () => {
  const script: ModelScript = ({ messages, tools }) =>
    tools !== undefined && messages.at(-1)?.role === 'user'
      ? call('remember', { text: 'A fact.' })
      : { text: 'ok' }
  const { agent, client, store } = createAgent(script)
  await agent.run('Hi', { session: agent.createSession({ id: 's' }) })
  expect(await store.list('session/Butler/s', 5)).toMatchObject([{ text: 'A fact.' }])
  await agent.run('Hi')
  expect(client.requests.at(-1)?.tools).toBeUndefined()
})

test('the model can look for memories and forget them', async () => {
  const { agent, client, store } = createAgent(
    [
      call('recall', { query: 'tea' }),
      call('forget', { id: 'f1' }),
      call('forget', { id: 'f1' }),
      { text: 'ok' },
    ],
    { scope: () => 'all', limit: 0 },
  )
  await store.add('all', { id: 'f1', text: 'tea' })
  await agent.run('Forget the tea')
  const results = client.requests.at(-1)?.messages.filter(({ role }) => role === 'tool')
  expect(results?.flatMap(({ contents }) => contents)).toMatchObject([
    { result: [{ id: 'f1', text: 'tea' }] },
    { result: 'forgotten' },
    { result: 'there is nothing of that id' },
  ])
})

test('what is remembered of runs of different sessions that have the same correlation id is kept', async () => {
  const { agent, store } = createAgent(() => ({ text: 'ok' }), {
    remember: ({ messages }) => messages.map(({ contents }) => toText(contents)),
  })
  const log = new MemoryRunLog()
  for (const [session, text] of [
    ['one', 'I like tea'],
    ['two', 'I like cake'],
  ] as const) {
    const messages = [{ role: 'user' as const, contents: [{ type: 'text' as const, text }] }]
    const request = createRunRequest({ messages, owner: 'ann' })
    await log.create({ agent: 'Butler', session, run: 'question-1' }, request)
    await new EntityKit({ agent, log, session }).operate('run', { correlationId: 'question-1' })
  }
  expect(await store.list('owner/ann', 5)).toMatchObject([{ text: 'I like cake' }, { text: 'I like tea' }])
})

test('what is remembered of a run is kept once, however often the run is told of', async () => {
  const store = new InProcessMemoryStore()
  const memory = createMemoryProvider({
    store,
    scope: 'session',
    remember: ({ messages }, { text }) => [`${toText(messages[0]?.contents ?? [])} -> ${text}`, 'more'],
  })
  const told: ContextProvider = {
    ...memory,
    async afterRun(context, response) {
      await memory.afterRun?.(context, response)
      await memory.afterRun?.(context, response)
    },
  }
  const client = new ScriptedModel([{ text: 'ok' }])
  const agent = new Agent({ name: 'Butler', client, contextProviders: [told] })
  await agent.run('Hi', { session: agent.createSession({ id: 's' }) })
  const kept = await store.list('session/Butler/s', 5)
  expect(kept.map(({ text }) => text)).toEqual(['more', 'Hi -> ok'])
})

test('an option that there is not is named', () => {
  const options = { store: new InProcessMemoryStore(), scopes: 'session' }
  expect(() => createMemoryProvider(options)).toThrow('createMemoryProvider has no option "scopes".')
  expect(() => createMemoryProvider({} as typeof options)).toThrow('createMemoryProvider needs a store')
})
