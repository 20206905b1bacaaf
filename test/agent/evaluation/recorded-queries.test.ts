import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../src/agent/agent.js'
import {
  evaluateAgent,
  evaluator,
  onlyRecordedCalls,
  recordedQueries,
  toolCallArgsMatch,
} from '../../../src/agent/evaluation/index.js'
import { tool } from '../../../src/agent/tools/tool.js'
import { toText } from '../../../src/core/messages.js'
import type { RunEvent } from '../../../src/run/events.js'
import { conversation, ScriptedModel, TestEngine, TestSession } from '../../../src/testing/index.js'
import type { ModelStep } from '../../../src/testing/scripted-model.js'

const refund = (order: number) => ({ calls: [{ name: 'refund', arguments: { order } }] })
const asked = [refund(7), { text: 'Refunded 7.' }, refund(8), { text: 'There is no order 8.' }]

/** An agent whose tool must not be executed again when its runs are asked once more. */
function createAgent(steps: readonly ModelStep[]) {
  const executed: number[] = []
  const tools = [
    tool({
      name: 'refund',
      description: 'Refunds.',
      parameters: z.object({ order: z.number() }),
      approval: ({ order }) => order === 7,
      execute({ order }) {
        executed.push(order)
        if (order === 8) throw new Error('unknown order')
        return { refunded: order }
      },
    }),
  ]
  const client = new ScriptedModel(conversation(steps))
  return { executed, client, agent: new Agent({ name: 'Refunds', client, tools }) }
}

/** Two runs as they were: the first with an approval, the second with a tool that failed. */
async function record(): Promise<readonly (readonly RunEvent[])[]> {
  const engine = await TestEngine.open({ agents: () => [createAgent(asked).agent] })
  const session = new TestSession(engine, { agent: 'Refunds', session: 's' })
  await engine.run(async () => {
    await session.send('Refund order 7')
    await session.approve()
    await session.send('And 8?')
    await session.send('Undo it', { undoes: { run: 'run-1' } })
  })
  const keys = ['run-1', 'run-2', 'run-3'].map((run) => ({ agent: 'Refunds', session: 's', run }))
  return Promise.all(keys.map((key) => engine.log.read(key)))
}

test('runs are asked again with what was recorded of them, and no tool is executed', async () => {
  const runs = await record()
  const { agent, client, executed } = createAgent(asked)
  const { failures, items } = await evaluateAgent({
    agent,
    queries: recordedQueries(runs),
    evaluators: [
      toolCallArgsMatch(),
      onlyRecordedCalls(),
      evaluator('says_the_same', ({ response, expected }) => response.text === expected),
    ],
    maxParallel: 1,
  })
  expect(failures).toEqual([])
  expect(items.map(({ query, expected }) => [query, expected])).toEqual([
    ['Refund order 7', 'Refunded 7.'],
    ['And 8?', 'There is no order 8.'],
  ])
  expect(executed).toEqual([])
  const last = client.requests.at(-1)?.messages ?? []
  expect(last.map(({ role, contents }) => `${role} ${toText(contents)}`)).toEqual([
    'user Refund order 7',
    'assistant ',
    'tool ',
    'assistant Refunded 7.',
    'user And 8?',
    'assistant ',
    'tool ',
  ])
  expect(last[2]?.contents).toMatchObject([{ result: { refunded: 7 } }])
  expect(last[6]?.contents).toMatchObject([{ error: 'unknown order' }])
})

test('a run that ended in the middle leaves no call without a result, and one that goes on is left out', async () => {
  const [whole = []] = await record()
  const toCall = whole.slice(
    0,
    whole.findIndex(({ type }) => type === 'tool.started'),
  )
  const events: RunEvent[] = [...toCall, { type: 'run.cancelled', data: { reason: 'Enough.', text: '' } }]
  const [first, second] = recordedQueries([events, events])
  expect(first).toMatchObject({ recorded: [], expectedToolCalls: [] })
  expect(second?.history?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  expect(recordedQueries([events.slice(0, -1)])).toEqual([])
})

test('a call that was not made then gives nothing, and is found', async () => {
  const [first = []] = await record()
  const { agent, client, executed } = createAgent([refund(9), { text: 'Refunded 9.' }])
  const { failures } = await evaluateAgent({
    agent,
    queries: recordedQueries([first]),
    evaluators: [onlyRecordedCalls()],
  })
  expect(failures).toEqual(['"Refund order 7": only_recorded_calls: not recorded: refund {"order":9}'])
  expect(executed).toEqual([])
  expect(client.requests.at(-1)?.messages.at(-1)?.contents).toMatchObject([
    { error: 'Nothing is recorded of such a call.' },
  ])
})

test('calls alike give what each has given, and the last of it when there are more of them', async () => {
  const recorded = [1, 2].map((result) => ({ name: 'refund', arguments: { order: 5 }, result }))
  const { agent, client } = createAgent([refund(5), refund(5), refund(5), { text: 'Done.' }])
  await evaluateAgent({
    agent,
    queries: [{ query: 'Go', recorded }],
    evaluators: [onlyRecordedCalls()],
  })
  const results = client.requests.at(-1)?.messages.flatMap(({ contents }) => contents)
  expect(results?.flatMap((content) => (content.type === 'functionResult' ? content.result : []))).toEqual([
    1, 2, 2,
  ])
})
