import { expect } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider, ToolSource } from '../../src/agent/agent-definition.js'
import { tool } from '../../src/agent/tool.js'
import { createTextMessage } from '../../src/core/messages.js'
import { conversation, ScriptedModel } from '../../src/testing/index.js'
import type { NamedScenario } from './scenarios.js'

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
]
