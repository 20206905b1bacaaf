import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { ToolOptions } from '../../src/agent/tools/tool-options.js'
import type { JsonValue } from '../../src/core/json.js'
import type { AgentResponseUpdate } from '../../src/core/response.js'
import type { Schema } from '../../src/core/schema.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'

function createAgent(
  execute: ToolOptions<Schema<Record<string, never>>, unknown>['execute'],
  options: Partial<ToolOptions<Schema<Record<string, never>>, unknown>> = {},
) {
  const client = new ScriptedModel([{ calls: [{ name: 'scan', arguments: {} }] }, { text: 'done' }])
  const scan = tool({ name: 'scan', description: '', execute, ...options })
  return { client, agent: new Agent({ name: 'Scanner', client, tools: [scan] }) }
}

async function readUpdates(run: AsyncIterable<AgentResponseUpdate>): Promise<readonly AgentResponseUpdate[]> {
  const updates: AgentResponseUpdate[] = []
  for await (const update of run) updates.push(update)
  return updates
}

test('what a generator yields is progress, and what it returns the result', async () => {
  const { agent, client } = createAgent(async function* () {
    yield { percent: 50 }
    yield 'almost'
    return ['a.ts']
  })
  const updates = await readUpdates(agent.run('Scan'))
  expect(updates.flatMap(({ progress }) => progress ?? [])).toEqual([
    { callId: 'call_0_0', name: 'scan', progress: { percent: 50 } },
    { callId: 'call_0_0', name: 'scan', progress: 'almost' },
  ])
  expect(client.requests[1]?.messages.at(-1)?.contents).toEqual([
    { type: 'functionResult', callId: 'call_0_0', result: ['a.ts'] },
  ])
})

test('one that is not async does the same', async () => {
  const { agent, client } = createAgent(function* () {
    yield 'half'
    return ['a.ts']
  })
  const updates = await readUpdates(agent.run('Scan'))
  expect(updates.flatMap(({ progress }) => progress?.progress ?? [])).toEqual(['half'])
  const results = client.requests[1]?.messages.at(-1)?.contents
  expect(results).toEqual([{ type: 'functionResult', callId: 'call_0_0', result: ['a.ts'] }])
})

test('any tool may report progress while it runs, but not afterwards', async () => {
  let report: (progress: JsonValue) => void = () => {}
  const scan = tool({
    name: 'scan',
    description: '',
    execute: (_args, { reportProgress }) => {
      report = reportProgress
      reportProgress('in time')
    },
  })
  const later = tool({ name: 'later', description: '', execute: () => report('too late') })
  const calls = ['scan', 'later'].map((name) => ({ calls: [{ name, arguments: {} }] }))
  const client = new ScriptedModel([...calls, { text: 'done' }])
  const agent = new Agent({ name: 'Scanner', client, tools: [scan, later] })
  const updates = await readUpdates(agent.run('Scan'))
  expect(updates.flatMap(({ progress }) => progress?.progress ?? [])).toEqual(['in time'])
})

test('what a generator throws is what the model is told', async () => {
  // biome-ignore lint/correctness/useYield: it does not get that far
  const { agent, client } = createAgent(async function* () {
    throw new Error('no such folder')
  })
  await agent.run('Scan')
  expect(client.requests[1]?.messages.at(-1)?.contents).toMatchObject([{ error: 'no such folder' }])
})

test('a generator that is cut off by its time limit can clean up', async () => {
  let isClean = false
  const { agent } = createAgent(
    async function* (_args, { signal }) {
      try {
        yield 'begun'
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        yield 'late'
      } finally {
        isClean = true
      }
    },
    { timeoutMs: 5 },
  )
  const updates = await readUpdates(agent.run('Scan'))
  expect(updates.flatMap(({ progress }) => progress?.progress ?? [])).toEqual(['begun'])
  expect(isClean).toBe(true)
})
