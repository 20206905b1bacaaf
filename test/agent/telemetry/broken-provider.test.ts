import { metrics, trace } from '@opentelemetry/api'
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../src/agent/agent.js'
import { tool } from '../../../src/agent/tools/tool.js'
import { ScriptedModel } from '../../../src/testing/scripted-model.js'

afterEach(() => {
  trace.disable()
  metrics.disable()
})

const broken = () => {
  throw new Error('The telemetry is broken.')
}
const processor: SpanProcessor = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
}

function register(part: Partial<SpanProcessor>): void {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [{ ...processor, ...part }] }))
}

async function run(): Promise<string> {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    execute: () => 'seen',
  })
  const client = new ScriptedModel([{ calls: [{ name: 'look', arguments: {} }] }, { text: 'Done.' }])
  const { text } = await new Agent({ name: 'Finder', client, tools: [look] }).run('Look')
  return text
}

test.each([
  ['spans cannot begin', () => register({ onStart: broken })],
  ['spans cannot end', () => register({ onEnd: broken })],
  [
    'nothing can be measured',
    () =>
      metrics.setGlobalMeterProvider({
        getMeter: () =>
          ({ createHistogram: () => ({ record: broken }), createCounter: () => ({ add: broken }) }) as never,
      }),
  ],
])('a run ends as it would with a provider of which %s', async (_what, breakIt) => {
  breakIt()
  expect(await run()).toBe('Done.')
})
