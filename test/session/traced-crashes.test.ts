import { afterEach, expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import { conversation, crashEverywhere, ScriptedModel } from '../../src/testing/index.js'
import { seed } from '../support/crash-seed.js'
import { TelemetryKit } from '../support/telemetry.js'

const kit = new TelemetryKit()
afterEach(() => expect(kit.complaints).toEqual([]))

const look = tool({ name: 'look', description: 'Looks.', readOnly: true, execute: () => 'seen' })
const refund = tool({
  name: 'refund',
  description: 'Refunds.',
  approval: 'always',
  idempotent: true,
  execute: () => 'refunded',
})

function createAgent(): Agent {
  const expertSteps = [{ calls: [{ name: 'look', arguments: {} }] }, { text: 'Refund it.' }]
  const expert = new Agent({
    name: 'Expert',
    client: new ScriptedModel(conversation(expertSteps)),
    tools: [look],
  })
  const steps = [
    { calls: [{ name: 'Expert', arguments: { query: 'What now?' }, callId: 'ask' }] },
    { calls: [{ name: 'refund', arguments: {}, callId: 'refund' }] },
    { text: 'Refunded.' },
  ]
  return new Agent({
    name: 'Refunds',
    client: new ScriptedModel(conversation(steps)),
    tools: [expert.asTool(), refund],
  })
}

test('whatever goes wrong: all that a run does is of one trace, and nothing that is recorded is told again', async () => {
  let told = 0
  const check = ({
    modelCalls,
    executions,
    isUndisturbed,
  }: {
    readonly modelCalls: number
    readonly executions: readonly unknown[]
    readonly isUndisturbed: boolean
  }) => {
    const spans = kit.spans.slice(told)
    told = kit.spans.length
    const count = (start: string) => spans.filter(({ name }) => name.startsWith(start)).length
    // One who came too late to begin the run has begun a trace for nothing.
    const working = spans.filter(({ attributes }) => attributes['durable_agent.run.outcome'] !== 'fenced')
    expect(new Set(working.map((span) => span.spanContext().traceId)).size).toBe(1)
    expect(count('chat')).toBeLessThanOrEqual(modelCalls)
    expect(count('execute_tool look') + count('execute_tool refund')).toBeLessThanOrEqual(executions.length)
    if (!isUndisturbed) return
    expect([count('chat'), count('execute_tool refund'), count('invoke_agent Refunds')]).toEqual([5, 1, 2])
  }
  const report = await crashEverywhere(
    {
      agent: createAgent,
      async play(session) {
        await session.send('Refund it')
        await session.approve()
      },
      check,
    },
    { seed, sample: 0.5, pairs: 3, shuffles: 3 },
  )
  expect(report.crashPoints).toBeGreaterThan(30)
})
