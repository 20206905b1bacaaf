import { context, metrics } from '@opentelemetry/api'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Agent } from '../../../src/agent/agent.js'
import { withOperationTrace } from '../../../src/agent/telemetry/invocation-trace.js'
import { withTelemetry } from '../../../src/model/with-telemetry.js'
import { ScriptedModel } from '../../../src/testing/scripted-model.js'
import { TelemetryKit } from '../../support/telemetry.js'

const kit = new TelemetryKit()
beforeEach(() => context.disable())
afterEach(() => vi.unstubAllEnvs())

/** A run in an app that tells so much of its contents. */
function run(captureContent?: boolean): Promise<unknown> {
  const client = withTelemetry(new ScriptedModel([{ text: 'A secret answer.' }]))
  const agent = new Agent({ name: 'Finder', client })
  return withOperationTrace({}, { captureContent }, async () => agent.run('A secret question?'))
}

test('an app that wants nothing told is obeyed, whatever the environment says', async () => {
  vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true')
  await run(false)
  expect(kit.text).not.toContain('secret')
})

test('a call is told once, with the run that it is of', async () => {
  await run()
  const { attributes } = kit.span('invoke_agent Finder')
  expect(kit.span('chat scripted').attributes).toMatchObject({
    'durable_agent.run.id': attributes['durable_agent.run.id'],
  })
})

test('a call is counted once', async () => {
  metrics.getMeter('app').createCounter('calls').add(1)
  const count = async () => {
    const duration = await kit.metric('gen_ai.client.operation.duration')
    return duration?.dataPoints.map(({ value }) => (value as { readonly count: number }).count)
  }
  const [before = 0] = (await count()) ?? []
  await run()
  expect(await count()).toEqual([before + 1])
})
