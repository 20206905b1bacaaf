import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../src/agent/agent.js'
import type { ForeignAgent, ForeignRun, ForeignUpdate } from '../../../src/agent/foreign/foreign-agent.js'
import { HostedAgent } from '../../../src/agent/foreign/hosted-agent.js'
import { type ChatMessage, createTextMessage, toText } from '../../../src/core/messages.js'
import type { AgentResponseUpdate } from '../../../src/core/response.js'
import { MemoryRunLog } from '../../../src/log/memory-run-log.js'
import type { RunEventType } from '../../../src/run/events.js'
import { createRunRequest } from '../../../src/session/client/run-request.js'
import { conversation, crashEverywhere, ScriptedModel } from '../../../src/testing/index.js'
import { EntityKit } from '../../session/entity-kit.js'

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 }

function toTexts(messages: readonly ChatMessage[]) {
  return messages.map(({ role, contents }) => `${role}: ${toText(contents)}`)
}

/** Says how many messages it was shown, in two pieces. */
class Counter implements ForeignAgent {
  readonly name = 'Counter'
  readonly description = 'Counts messages.'
  readonly onInterrupted: 'fail' | 'retry'
  readonly runs: (ForeignRun & { readonly texts: readonly string[] })[] = []

  constructor(onInterrupted: 'fail' | 'retry' = 'fail') {
    this.onInterrupted = onInterrupted
  }

  async *run(messages: readonly ChatMessage[], run: ForeignRun): AsyncGenerator<string | ForeignUpdate> {
    this.runs.push({ ...run, texts: toTexts(messages) })
    yield 'There are '
    yield { text: `${messages.length}.`, reasoning: 'One, two', usage }
    yield { usage }
  }
}

async function answerAll(updates: readonly ForeignUpdate[]) {
  const foreign: ForeignAgent = {
    name: 'Fixed',
    async *run() {
      yield* updates
    },
  }
  const run = new HostedAgent(foreign).run('Go')
  let streamed = ''
  for await (const { text } of run) streamed += text
  return { streamed, ...(await run) }
}

test('it answers as an agent of ours does, with the tokens that it says it spent', async () => {
  const agent = new HostedAgent(new Counter())
  expect([agent.name, agent.description, agent.type]).toEqual(['Counter', 'Counts messages.', 'Counter'])
  const run = agent.run('How many?', { context: { tenant: 'acme' } })
  const updates: AgentResponseUpdate[] = []
  for await (const update of run) updates.push(update)
  expect(updates.map(({ text }) => text).join('')).toBe('There are 1.')
  expect(updates.flatMap(({ contents }) => contents)).toContainEqual({ type: 'reasoning', text: 'One, two' })
  expect(await run).toMatchObject({
    text: 'There are 1.',
    usage: { inputTokens: 6, outputTokens: 4, totalTokens: 10 },
  })
})

test('it is told which run it works for', async () => {
  const foreign = new Counter()
  await new HostedAgent(foreign).run('How many?', { context: { tenant: 'acme' } })
  expect(foreign.runs).toMatchObject([
    { agentName: 'Counter', attempt: 1, values: { tenant: 'acme' }, texts: ['user: How many?'] },
  ])
})

test('the answer may be another than the texts before it', async () => {
  expect(await answerAll([{ text: 'Let me see… ' }, { answer: 'Seven.' }])).toMatchObject({ text: 'Seven.' })
  expect(await answerAll([{ text: 'Six' }, { text: '.' }])).toMatchObject({ streamed: 'Six.', text: 'Six.' })
})

test('an answer that has to fit a schema is asked for as such, and parsed', async () => {
  const schemas: unknown[] = []
  const foreign: ForeignAgent = {
    name: 'Typed',
    async *run(_messages, { responseSchema }) {
      schemas.push(responseSchema)
      yield '{"count":3}'
    },
  }
  const responseFormat = z.object({ count: z.number() })
  const { value } = await new HostedAgent(foreign).run('?', { responseFormat })
  expect(value).toEqual({ count: 3 })
  expect(schemas).toMatchObject([{ type: 'object', required: ['count'] }])
})

test('what it throws fails the run', async () => {
  const broken: ForeignAgent = {
    name: 'Broken',
    // biome-ignore lint/correctness/useYield: it has nothing to say
    async *run() {
      throw new Error('out of order')
    },
  }
  await expect(new HostedAgent(broken).run('?')).rejects.toMatchObject({ code: 'internal' })
})

test('a name that cannot stand in a route is refused', () => {
  const foreign: ForeignAgent = { name: 'not a name', async *run() {} }
  expect(() => new HostedAgent(foreign)).toThrow('Agent name "not a name" must be')
})

const key = { agent: 'Counter', session: 's', run: 'a' }
const request = createRunRequest({
  messages: [createTextMessage('user', 'How many?')],
  options: { enableToolCalls: true },
})

/** Goes on with a run whose process died right after its first event of this type; gives what happens then. */
async function resumeAfter(type: RunEventType, foreign: Counter) {
  const whole = new MemoryRunLog()
  await whole.create(key, request)
  await new EntityKit({ agent: new HostedAgent(new Counter()), log: whole }).operate('run', {
    correlationId: 'a',
  })
  const events = await whole.read(key)
  const cut = events.findIndex((event) => event.type === type) + 1
  const log = new MemoryRunLog()
  await log.create(key, request)
  await log.append(key, 1, events.slice(1, cut))
  await new EntityKit({ agent: new HostedAgent(foreign), log }).operate('run', { correlationId: 'a' })
  return (await log.read(key)).slice(cut)
}

test('a run that was interrupted is not run again unless that was declared', async () => {
  const foreign = new Counter('fail')
  expect((await resumeAfter('message.delta', foreign)).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { code: 'outcome_unknown', detail: expect.stringContaining('was interrupted') },
  })
  expect(foreign.runs).toEqual([])
})

test('where it was declared it is run again from its message, and what was said before is void', async () => {
  const foreign = new Counter('retry')
  const events = await resumeAfter('message.delta', foreign)
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['step.reset', 'run.completed']))
  expect(foreign.runs).toMatchObject([{ attempt: 2, texts: ['user: How many?'] }])
})

test('an answer that was recorded is not asked for again', async () => {
  const foreign = new Counter('fail')
  const events = await resumeAfter('step.completed', foreign)
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { response: 'There are 1.' } })
  expect(foreign.runs).toEqual([])
})

test.each(['retry', 'fail'] as const)(
  'its conversations survive crashes everywhere (%s)',
  async (onInterrupted) => {
    const report = await crashEverywhere(
      {
        agent: () => new HostedAgent(new Counter(onInterrupted)),
        async play(session) {
          await session.send('How many?')
          await session.send('And now?')
        },
      },
      { pairs: 5, shuffles: 5, isSameState: onInterrupted === 'retry' },
    )
    expect(report.crashPoints).toBeGreaterThan(15)
  },
)

test('it can be a tool of an agent of ours', async () => {
  const client = new ScriptedModel(
    conversation([{ calls: [{ name: 'Counter', arguments: { query: 'How many?' } }] }, { text: 'One.' }]),
  )
  const agent = new Agent({ name: 'Boss', client, tools: [new HostedAgent(new Counter()).asTool()] })
  const { messages } = await agent.run('Count!')
  expect(messages.flatMap(({ contents }) => contents)).toContainEqual(
    expect.objectContaining({ type: 'functionResult', result: 'There are 1.' }),
  )
})
