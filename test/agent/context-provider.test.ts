import { expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider, ToolSource } from '../../src/agent/agent-definition.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import type { ProviderContext } from '../../src/agent/providers/provider-context.js'
import { tool } from '../../src/agent/tools/tool.js'
import { createTextMessage } from '../../src/core/messages.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { createGate } from '../support/gate.js'

function createAgent(script: ModelScript, options: Partial<AgentOptions>) {
  const client = new ScriptedModel(script)
  return { client, agent: new Agent({ name: 'Guide', client, instructions: 'Be brief.', ...options }) }
}

const library: ContextProvider = {
  name: 'library',
  beforeRun: async ({ messages }) => ({
    instructions: 'Cite your sources.',
    messages: [createTextMessage('user', `Found about: ${JSON.stringify(messages[0]?.contents)}`)],
  }),
}

test('what providers give stands between the history and the message, and after the instructions', async () => {
  const { agent, client } = createAgent([{ text: 'ok' }], {
    contextProviders: [library, { name: 'tone', beforeRun: async () => ({ instructions: 'Be kind.' }) }],
  })
  await agent.run('Tides?', {
    history: [createTextMessage('user', 'Hi'), createTextMessage('assistant', 'Hello')],
  })
  expect(client.requests[0]?.messages.map(({ role, contents }) => [role, contents[0]])).toEqual([
    ['system', { type: 'text', text: 'Be brief.\n\nCite your sources.\n\nBe kind.' }],
    ['user', { type: 'text', text: 'Hi' }],
    ['assistant', { type: 'text', text: 'Hello' }],
    ['user', { type: 'text', text: expect.stringContaining('Tides?') }],
    ['user', { type: 'text', text: 'Tides?' }],
  ])
})

test('what providers give is no part of the answer', async () => {
  const { agent } = createAgent([{ text: 'ok' }], { contextProviders: [library] })
  const { messages } = await agent.run('Tides?')
  expect(messages).toMatchObject([{ role: 'assistant', contents: [{ text: 'ok' }] }])
})

test('a provider sees the run and its invocation values, and later the answer', async () => {
  const seen: (readonly [string, Partial<ProviderContext>, string?])[] = []
  const watcher: ContextProvider = {
    name: 'watcher',
    async beforeRun(context) {
      seen.push(['before', context])
      return undefined
    },
    async afterRun(context, { text }) {
      seen.push(['after', context, text])
    },
  }
  const { agent } = createAgent([{ text: 'ok' }], { contextProviders: [watcher] })
  await agent.run('Hi', { context: { tenant: 'acme' } })
  expect(seen.map(([when, , text]) => [when, text])).toEqual([
    ['before', undefined],
    ['after', 'ok'],
  ])
  for (const [, context] of seen) {
    expect(context).toMatchObject({ agentName: 'Guide', values: { tenant: 'acme' }, history: [] })
    expect(context.messages?.[0]?.contents).toEqual([{ type: 'text', text: 'Hi' }])
  }
  expect(seen[0]?.[1].state).toBe(seen[1]?.[1].state)
})

test('the model never sees invocation values; tools do', async () => {
  const seen: unknown[] = []
  const price = tool({
    name: 'price',
    description: '',
    execute: (_args, { values }) => {
      seen.push(values.tenant)
      return 5
    },
  })
  const script = [{ calls: [{ name: 'price', arguments: {} }] }, { text: 'ok' }]
  const { agent, client } = createAgent(script, { tools: [price] })
  await agent.run('Hi', { context: { tenant: 'acme' } })
  expect(seen).toEqual(['acme'])
  expect(JSON.stringify(client.requests)).not.toContain('acme')
})

function createEcho(name: string) {
  return tool({
    name,
    description: '',
    parameters: z.object({ text: z.string() }),
    execute: ({ text }) => `${name}: ${text}`,
  })
}

test('tools of sources and providers can be called like those of the agent', async () => {
  const source: ToolSource = { name: 'remote', tools: async () => [createEcho('far')] }
  const provider: ContextProvider = { name: 'skills', tools: () => [createEcho('near')] }
  const calls = ['own', 'far', 'near'].map((name) => ({ name, arguments: { text: 'hi' } }))
  const { agent, client } = createAgent([{ calls }, { text: 'ok' }], {
    tools: [createEcho('own'), source],
    contextProviders: [provider],
  })
  await agent.run('Hi')
  expect(client.requests[0]?.tools?.map(({ name }) => name)).toEqual(['own', 'far', 'near'])
  const results = client.requests[1]?.messages.at(-1)?.contents
  expect(results?.map((content) => content.type === 'functionResult' && content.result)).toEqual([
    'own: hi',
    'far: hi',
    'near: hi',
  ])
})

test('sources are not asked when tools are switched off', async () => {
  const source: ToolSource = { name: 'remote', tools: () => Promise.reject(new Error('down')) }
  const { agent } = createAgent([{ text: 'ok' }], { tools: [source] })
  expect((await agent.run('Hi', { enableToolCalls: false })).text).toBe('ok')
})

test('sources are not asked for a run that middleware has answered', async () => {
  const source: ToolSource = { name: 'remote', tools: () => Promise.reject(new Error('down')) }
  const { agent } = createAgent([], {
    tools: [source],
    middleware: [{ beforeRun: () => ({ answer: 'no' }) }],
  })
  expect((await agent.run('Hi')).text).toBe('no')
})

test('a provider that does not listen does not hold up a run that must stop', async () => {
  const stop = new AbortController()
  const deaf: ContextProvider = {
    name: 'deaf',
    beforeRun: () => {
      stop.abort(new Error('enough'))
      return new Promise(() => {})
    },
  }
  const { agent } = createAgent([], { contextProviders: [deaf] })
  await expect(agent.run('Hi', { signal: stop.signal })).rejects.toThrow('enough')
})

test.each<[string, Partial<AgentOptions>]>([
  ['provider before it', { contextProviders: [{ name: 'slow', beforeRun: () => new Promise(() => {}) }] }],
  ['source of tools', { tools: [{ name: 'slow', tools: () => new Promise(() => {}) }] }],
  ['middleware before it', { middleware: [{ beforeRun: () => new Promise(() => {}) }] }],
  ['middleware after it', { middleware: [{ afterRun: () => new Promise(() => {}) }] }],
])('a run that has a time limit keeps it in spite of a %s that never returns', async (_title, options) => {
  const { agent } = createAgent([{ text: 'ok' }], { runTimeoutMs: 20, ...options })
  await expect(agent.run('Hi')).rejects.toMatchObject({ code: 'budget_exhausted' })
})

test('a run ends in time in spite of a provider that never returns after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const begun = createGate()
  const afterRun = () => {
    begun.open()
    return new Promise<never>(() => {})
  }
  const { agent } = createAgent([{ text: 'ok' }], {
    runTimeoutMs: 20,
    contextProviders: [{ name: 'slow', afterRun }],
  })
  const errors: unknown[] = []
  const answer = agent.run('Hi', { onError: (error) => errors.push(error) })
  await begun.opened
  vi.advanceTimersByTime(21)
  expect((await answer).text).toBe('ok')
  expect(errors).toMatchObject([{ code: 'budget_exhausted' }])
})

test.each<[string, Partial<AgentOptions>, RegExp]>([
  [
    'a source gives a tool of a name that is taken',
    { tools: [createEcho('a'), { name: 's', tools: async () => [createEcho('a')] }] },
    /two tools named "a"/,
  ],
  [
    'providers keep too much in the session',
    {
      contextProviders: [
        {
          name: 'hoarder',
          async beforeRun({ state }) {
            state.all = 'x'.repeat(9000)
            return undefined
          },
        },
      ],
    },
    /would have 9010 characters of JSON; 8192 are allowed.*hoarder/,
  ],
])('the run fails when %s', async (_title, options, message) => {
  const { agent } = createAgent([{ text: 'ok' }], options)
  await expect(agent.run('Hi')).rejects.toThrow(message)
})

test('the run fails with what a provider throws before it', async () => {
  const { agent } = createAgent([], {
    contextProviders: [{ name: 'p', beforeRun: () => Promise.reject(new Error('index is down')) }],
  })
  await expect(agent.run('Hi')).rejects.toMatchObject({
    code: 'internal',
    cause: expect.objectContaining({ message: 'index is down' }),
  })
})

test('what a provider throws after the run changes nothing', async () => {
  const { agent } = createAgent([{ text: 'ok' }], {
    contextProviders: [{ name: 'p', afterRun: () => Promise.reject(new Error('disk full')) }],
  })
  const errors: unknown[] = []
  expect((await agent.run('Hi', { onError: (error) => errors.push(error) })).text).toBe('ok')
  expect(errors).toMatchObject([{ message: 'disk full' }])
})

test('refuses two providers or sources of one name', () => {
  const source: ToolSource = { name: 'same', tools: async () => [] }
  const options = { tools: [source], contextProviders: [{ name: 'same' }] }
  expect(() => createAgent([], options)).toThrow(/two tool sources or context providers named "same"/)
})
