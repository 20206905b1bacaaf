import { describe, expect, test, vi } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { createCallerTool } from '../../src/agent/tools/caller-tool.js'
import { tool } from '../../src/agent/tools/tool.js'
import { noUsage } from '../../src/core/messages.js'
import type { ChatClient, ChatEvent } from '../../src/model/chat-client.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { createGate } from '../support/gate.js'

const never = () => new Promise<never>(() => {})
const deaf: ChatClient = {
  model: 'deaf',
  stream: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }),
}
const work = tool({ name: 'work', description: '', execute: () => 'worked' })
const callWork = { calls: [{ name: 'work', arguments: {} }] }
const askDeaf = { calls: [{ name: 'Deaf', arguments: { query: 'Hello?' } }] }

/** Code of an agent's that listens to no signal. */
const unresponsive: readonly [string, () => Partial<AgentOptions>][] = [
  ['a client', () => ({ client: deaf })],
  ['callModel of a middleware', () => ({ middleware: [{ callModel: never }] })],
  [
    'callTool of a middleware',
    () => ({ client: new ScriptedModel([callWork]), tools: [work], middleware: [{ callTool: never }] }),
  ],
  [
    'the client of an agent that is a tool',
    () => ({
      client: new ScriptedModel([askDeaf]),
      tools: [new Agent({ name: 'Deaf', client: deaf }).asTool()],
    }),
  ],
]

const create = (options: Partial<AgentOptions>) =>
  new Agent({ name: 'Agent', client: new ScriptedModel([]), ...options })

describe.each(unresponsive)('%s that never returns', (_, options) => {
  test('is left at once when the run is stopped', async () => {
    const stop = new AbortController()
    const run = create(options()).run('Go', { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 20)
    await expect(run).rejects.toThrow('enough')
  })

  test('is left when the time of the run is over', async () => {
    const agent = create({ ...options(), runTimeoutMs: 50 })
    await expect(agent.run('Go')).rejects.toMatchObject({ code: 'budget_exhausted' })
  })
})

test('a model call that never returns is left when its own time is over', async () => {
  const agent = create({ client: deaf, stepTimeoutMs: 50 })
  await expect(agent.run('Go')).rejects.toMatchObject({ code: 'model_timeout' })
})

test('middleware that goes on after the run was stopped asks no model, and runs no tool', async () => {
  const late = createGate()
  const ended: Promise<unknown>[] = []
  const wait = <T>(next: () => Promise<T>): Promise<T> => {
    const passed = late.opened.then(() => next())
    ended.push(passed.catch(() => {}))
    return passed
  }
  const execute = vi.fn(() => 'worked')
  const asked = new ScriptedModel([{ text: 'too late' }])
  const runs = [
    create({ client: asked, middleware: [{ callModel: (_context, next) => wait(next) }] }),
    create({
      client: new ScriptedModel([callWork]),
      tools: [tool({ name: 'work', description: '', execute })],
      middleware: [{ callTool: (_context, next) => wait(next) }],
    }),
  ].map((agent) => agent.run('Go', { signal: AbortSignal.timeout(20) }))
  for (const run of runs) await expect(run).rejects.toThrow()
  late.open()
  await Promise.all(ended)
  expect(ended).toHaveLength(2)
  expect(asked.requests).toEqual([])
  expect(execute).not.toHaveBeenCalled()
})

test('callModel of a middleware that forgets to return fails the run, and does not empty the answer', async () => {
  const client = new ScriptedModel([{ text: 'Hello' }])
  const callModel = (async (_context: unknown, next: () => Promise<unknown>) => {
    await next()
  }) as unknown as () => Promise<string>
  await expect(create({ client, middleware: [{ callModel }] }).run('Go')).rejects.toMatchObject({
    code: 'invalid_configuration',
    message: expect.stringContaining('callModel of a middleware returned nothing'),
  })
})

test('tool calls whose arguments take for ever to check hold the process up no longer than one of them', async () => {
  const parameters = { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } }
  const look = createCallerTool({ name: 'look', description: '', parameters })
  const calls = Array.from({ length: 4 }, () => ({ name: 'look', arguments: { text: `${'a'.repeat(60)}!` } }))
  const client = new ScriptedModel([{ calls }, { text: 'ok' }])
  const startedAt = performance.now()
  await new Agent({ name: 'Agent', client, tools: [look] }).run('?')
  expect(performance.now() - startedAt).toBeLessThan(1900)
  const told = client.requests[1]?.messages.at(-1)?.contents
  expect(told).toHaveLength(4)
  for (const content of told ?? [])
    expect(content).toMatchObject({ error: expect.stringContaining('could not be checked') })
})

/** What programs without types give where an object is meant. */
const slips: readonly (readonly [said: string, options: Partial<AgentOptions>])[] = [
  ['beforeRun of a middleware must give', { middleware: [{ beforeRun: () => 'Be brief.' as never }] }],
  ['beforeRun of a middleware must give', { middleware: [{ beforeRun: () => ({ reply: 'Hi' }) as never }] }],
  ['afterRun of a middleware must give', { middleware: [{ afterRun: () => 'redacted' as never }] }],
  [
    'beforeRun of provider "p" must give',
    { contextProviders: [{ name: 'p', beforeRun: () => 'Hi' as never }] },
  ],
  [
    'beforeRun of provider "p" must give',
    { contextProviders: [{ name: 'p', beforeRun: () => ({ instruction: 'Hi' }) as never }] },
  ],
  [
    'callModel of a middleware gave an answer without',
    { middleware: [{ callModel: async () => ({ text: 'Hi' }) as never }] },
  ],
  ['The client of "Agent" gave an answer without', { client: createEndingClient({}) }],
  [
    'The client of "Agent" gave an answer without',
    { client: createEndingClient({ message: { role: 'assistant', contents: [] } }) },
  ],
  ...[
    null,
    { text: 'Hi' },
    { type: 'text' },
    { type: 'tool_call', id: 'a' },
    { type: 'functionCall', id: 'a' },
  ].map(
    (part) =>
      [
        'The client of "Agent" gave an answer with a part that is none',
        { client: createEndingClient(createAnswer(part)) },
      ] as const,
  ),
  [
    'callModel of a middleware gave an answer with a part that is none, of type "tool_use"',
    { middleware: [{ callModel: async () => createAnswer({ type: 'tool_use' }) as never }] },
  ],
  [
    'The client of "Agent" gave an answer without a message that has contents, or without usage',
    {
      client: createEndingClient({
        ...createAnswer({ type: 'text', text: '' }),
        usage: { totalTokens: Number.NaN },
      }),
    },
  ],
]

function createAnswer(part: unknown) {
  return {
    message: { role: 'assistant', contents: [part] },
    usage: noUsage,
    finishReason: 'stop',
    model: 'm',
  }
}

function createEndingClient(answer: object): ChatClient {
  return {
    model: 'm',
    async *stream() {
      yield { type: 'completed', ...answer } as ChatEvent
    },
  }
}

test.each(slips)('a program without types is told: %s (%o)', async (said, options) => {
  const agent = new Agent({ name: 'Agent', client: new ScriptedModel([{ text: 'Hello' }]), ...options })
  const message = expect.stringContaining(said)
  await expect(agent.run('Hi').finalResponse()).rejects.toMatchObject({
    code: 'invalid_configuration',
    message,
  })
})

test('a history that gives no list is told', async () => {
  const history = { load: async () => null as never, append: async () => {} }
  const agent = new Agent({ name: 'Agent', client: new ScriptedModel([]), history })
  const run = agent.run('Hi', { session: agent.createSession() }).finalResponse()
  await expect(run).rejects.toThrow(
    'What load of the history of agent "Agent" gives must be a list, not null.',
  )
})

test('whoever gives an object with nothing in it changes nothing', async () => {
  const middleware = [{ beforeRun: () => ({ instructions: undefined }), afterRun: () => null as never }]
  const contextProviders = [{ name: 'p', beforeRun: () => null as never }]
  const client = new ScriptedModel([{ text: 'Hello' }])
  const agent = new Agent({ name: 'Agent', client, middleware, contextProviders })
  expect((await agent.run('Hi')).text).toBe('Hello')
})
