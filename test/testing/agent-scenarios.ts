import { expect } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider, ToolSource } from '../../src/agent/agent-definition.js'
import { InProcessMemoryStore } from '../../src/agent/memory/in-process-memory-store.js'
import { createMemoryProvider } from '../../src/agent/memory/memory-provider.js'
import type { AgentMiddleware } from '../../src/agent/middleware.js'
import { tool } from '../../src/agent/tools/tool.js'
import { type ChatMessage, createTextMessage, toText } from '../../src/core/messages.js'
import { conversation, countAnswers, ScriptedModel } from '../../src/testing/index.js'
import type { NamedScenario } from './scenarios.js'

/** Outlives the processes, as a database does. */
const memories = new InProcessMemoryStore()

/** Tells the model how often it was here, and lets it note something. */
const diary: ContextProvider = {
  name: 'diary',
  async beforeRun({ state }) {
    state.visits = Number(state.visits ?? 0) + 1
    return {
      instructions: `Visit ${state.visits}.`,
      messages: [createTextMessage('user', 'Known: nothing.')],
    }
  },
  tools: ({ state }) => [
    tool({
      name: 'note',
      description: 'Writes into the diary.',
      idempotent: true,
      execute: () => {
        state.noted = true
        return 'noted'
      },
    }),
  ],
  async afterRun({ state }, { text }) {
    state.last = text
  },
}

const calculator: ToolSource = {
  name: 'calculator',
  tools: async () => [tool({ name: 'double', description: 'Doubles.', readOnly: true, execute: () => 2 })],
}

/** Says no to everybody who asks for the moon. */
const gate: AgentMiddleware = {
  beforeRun: ({ messages }) => (textOf(messages).includes('moon') ? { answer: 'Not for sale.' } : undefined),
  afterRun: (_context, { text }) => ({ text: `${text} (gated)` }),
}

/** Asks the model again when it has nothing to say, and keeps its secrets. */
const censor: AgentMiddleware = {
  holdsDeltas: true,
  async callModel(_context, next) {
    const answer = await next()
    const text = toText(answer.message.contents)
    return text === ''
      ? answer
      : { ...answer, message: createTextMessage('assistant', text.replace('secret', '***')) }
  },
}

const retryTools: AgentMiddleware = {
  callTool: ({ tool: { readOnly } }, next) =>
    next().catch((error) => (readOnly ? next() : Promise.reject(error))),
}

/** A tool that fails every other time. */
function createFlaky() {
  let calls = 0
  return tool({
    name: 'flaky',
    description: 'Fails every other time.',
    readOnly: true,
    execute: () => {
      calls += 1
      if (calls % 2 === 1) throw new Error('not now')
      return calls > 0
    },
  })
}

function textOf(messages: readonly ChatMessage[]): string {
  return messages.map(({ contents }) => toText(contents)).join()
}

function call(...names: readonly string[]) {
  return { calls: names.map((name) => ({ name, arguments: {} })) }
}

/** What the programming model adds to runs, each to be cut everywhere. */
export const agentScenarios: readonly NamedScenario[] = [
  {
    title: 'context providers and tool sources',
    crashPoints: 30,
    scenario: {
      agent: () =>
        new Agent({
          name: 'Worker',
          client: new ScriptedModel(
            conversation([call('note', 'double'), { text: 'noted' }, { text: 'welcome' }]),
          ),
          tools: [calculator],
          contextProviders: [diary],
        }),
      async play(session) {
        expect(await session.send('Note it')).toMatchObject({ text: 'noted' })
        expect(await session.send('Thanks')).toMatchObject({ text: 'welcome' })
      },
      check({ state, events }) {
        expect(state?.data.extensionData?.durableAgentFunctions?.state).toEqual({
          diary: { visits: 2, noted: true, last: 'welcome' },
        })
        for (const log of events.values())
          expect(log.filter(({ type }) => type === 'run.prepared')).toHaveLength(1)
      },
    },
  },
  {
    title: 'middleware around runs that answers and changes answers',
    crashPoints: 25,
    scenario: {
      agent: () =>
        new Agent({
          name: 'Worker',
          client: new ScriptedModel(({ messages }) => ({ text: `saw ${messages.length}` })),
          middleware: [gate, { beforeRun: () => ({ instructions: 'Sell.' }) }],
        }),
      async play(session) {
        expect(await session.send('Sell me the sun')).toMatchObject({ text: 'saw 2 (gated)' })
        expect(await session.send('And the moon')).toMatchObject({ text: 'Not for sale.' })
        expect(await session.send('Thanks')).toMatchObject({ text: 'saw 6 (gated)' })
      },
      check({ events }) {
        for (const log of events.values())
          expect(log.filter(({ type }) => type === 'run.prepared')).toHaveLength(1)
      },
    },
  },
  {
    title: 'middleware around model calls and tool calls',
    crashPoints: 15,
    scenario: {
      agent: () =>
        new Agent({
          name: 'Worker',
          client: new ScriptedModel(
            conversation([call('flaky'), { text: 'a secret', chunks: ['a sec', 'ret'] }]),
          ),
          tools: [createFlaky()],
          middleware: [censor, retryTools],
        }),
      async play(session) {
        expect(await session.send('Tell')).toMatchObject({ text: 'a ***' })
      },
      check({ state, events }) {
        expect(JSON.stringify([state, [...events]])).not.toContain('secret')
        expect(JSON.stringify([...events])).toContain('"result":true')
      },
    },
  },
  {
    title: 'an answer that does not fit its schema, and is sent back',
    crashPoints: 15,
    scenario: {
      agent: () =>
        new Agent({
          name: 'Worker',
          client: new ScriptedModel(conversation([{ text: 'It is 5.' }, { text: '{"price":5}' }])),
        }),
      async play(session) {
        const responseSchema = {
          type: 'object',
          properties: { price: { type: 'number' } },
          required: ['price'],
        }
        expect(await session.send('Price?', { responseSchema })).toMatchObject({ text: '{"price":5}' })
      },
      check({ state, events }) {
        const log = [...events.values()].flat()
        expect(log.filter(({ type }) => type === 'answer.rejected')).toHaveLength(1)
        expect(log.at(-1)).toMatchObject({ data: { value: { price: 5 } } })
        expect(JSON.stringify(state)).not.toContain('It is 5.')
      },
    },
  },
  {
    title: 'an agent that works for another one, and knows the conversation',
    crashPoints: 40,
    scenario: {
      agent: () => {
        const expert = new Agent({
          name: 'Expert',
          client: new ScriptedModel(({ messages }) =>
            messages.at(-1)?.role === 'tool' ? { text: `saw ${messages.length}` } : call('note'),
          ),
          contextProviders: [diary],
          middleware: [gate],
        })
        const ask = { calls: [{ name: 'Expert', arguments: { query: 'Well?' } }] }
        return new Agent({
          name: 'Boss',
          client: new ScriptedModel(conversation([ask, { text: 'one' }, ask, { text: 'two' }])),
          tools: [expert.asTool({ propagateSession: true })],
        })
      },
      async play(session) {
        expect(await session.send('First')).toMatchObject({ text: 'one' })
        expect(await session.send('Second')).toMatchObject({ text: 'two' })
      },
      check({ state }) {
        expect(JSON.stringify(state)).toContain('saw 6 (gated)')
        expect(JSON.stringify(state)).toContain('saw 10 (gated)')
        expect(state?.data.extensionData?.durableAgentFunctions?.state).toEqual({
          'Expert/diary': { visits: 2, noted: true, last: 'saw 10' },
        })
      },
    },
  },
  {
    title: 'a tool that tells of its progress',
    crashPoints: 15,
    scenario: {
      agent: (clock) =>
        new Agent({
          name: 'Worker',
          client: new ScriptedModel(conversation([call('scan'), { text: 'scanned' }])),
          tools: [
            tool({
              name: 'scan',
              description: 'Scans.',
              idempotent: true,
              async *execute() {
                for (const percent of [25, 50, 75]) {
                  yield percent
                  await clock.sleep(1000)
                }
                return 'all'
              },
            }),
          ],
        }),
      async play(session) {
        expect(await session.send('Scan')).toMatchObject({ text: 'scanned' })
      },
      check({ isUndisturbed, events }) {
        if (!isUndisturbed) return
        const told = [...events.values()].flat().filter(({ type }) => type === 'tool.progress')
        expect(told).toHaveLength(3)
      },
    },
  },
  {
    title: 'memories that outlive processes',
    crashPoints: 30,
    scenario: {
      agent: () =>
        new Agent({
          name: 'Worker',
          client: new ScriptedModel(({ messages }) => {
            const isFirst = countAnswers({ messages }) === 0
            return isFirst
              ? { calls: [{ name: 'remember', arguments: { text: 'Ann drinks green tea.' } }] }
              : { text: textOf(messages).includes('Notes from') ? 'green' : 'noted' }
          }),
          contextProviders: [
            createMemoryProvider({
              store: memories,
              scope: () => 'ann',
              remember: (_context, { text }) => [`Said ${text}.`],
            }),
          ],
        }),
      async play(session) {
        for (const { id } of await memories.list('ann', 10)) await memories.delete('ann', id)
        expect(await session.send('I like my tea green')).toMatchObject({ text: 'noted' })
        expect(await session.send('Which tea?')).toMatchObject({ text: 'green' })
      },
      async check() {
        const kept = await memories.list('ann', 10)
        expect(kept.map(({ text }) => text).sort()).toEqual([
          'Ann drinks green tea.',
          'Said green.',
          'Said noted.',
        ])
      },
    },
  },
]
