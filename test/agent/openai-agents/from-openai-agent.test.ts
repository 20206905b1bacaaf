import { Agent, type AgentOutputType, type RunContext, Runner, tool, Usage } from '@openai/agents'
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { HostedAgent } from '../../../src/agent/foreign/hosted-agent.js'
import { fromOpenAIAgent, type OpenAIAgentOptions } from '../../../src/agent/openai-agents/index.js'
import { createTextMessage } from '../../../src/core/messages.js'

const runner = new Runner({ tracingDisabled: true })

function host<Context, Output extends AgentOutputType>(
  agent: Agent<Context, Output>,
  options: OpenAIAgentOptions = {},
) {
  return new HostedAgent(fromOpenAIAgent(agent, { runner, ...options }))
}

const getTide = tool({
  name: 'get_tide',
  description: 'Tells when high tide is.',
  parameters: z.object({ place: z.string() }),
  execute: ({ place }, context?: RunContext<{ tenant?: string }>) =>
    `${place}: six o'clock for ${context?.context.tenant}`,
})

test('the SDK runs the agent, its tools know the invocation values, and the answer and its costs are ours', async () => {
  const model = new ScriptedModel([
    [functionCall('get_tide', { place: 'Oslo' }, { callId: 'c1' })],
    {
      output: [assistantMessage('At six.')],
      usage: new Usage({ inputTokens: 7, outputTokens: 3, totalTokens: 10 }),
    },
  ])
  const agent = new Agent({
    name: 'Tide Tables',
    model,
    tools: [getTide],
    handoffDescription: 'Knows tides.',
  })
  const hosted = host(agent)
  expect([hosted.name, hosted.description]).toEqual(['Tide_Tables', 'Knows tides.'])
  const { text, usage } = await hosted.run('High tide in Oslo?', { context: { tenant: 'acme' } })
  expect(text).toBe('At six.')
  expect(usage.totalTokens).toBe(10)
  expect(JSON.stringify(model.lastCall?.request.input)).toContain("Oslo: six o'clock for acme")
  model.assertComplete()
})

test('it is streamed while it is made', async () => {
  const model = new ScriptedModel([[assistantMessage('At six.')]])
  let streamed = ''
  for await (const { text } of host(new Agent({ name: 'Tides', model })).run('When?')) streamed += text
  expect(streamed).toBe('At six.')
})

test('it is shown what was said before', async () => {
  const model = new ScriptedModel([[assistantMessage('Teal.')]])
  const history = [createTextMessage('user', 'I like teal.'), createTextMessage('assistant', 'Noted.')]
  await host(new Agent({ name: 'Memory', model })).run('What do I like?', { history })
  expect(model.firstCall?.request.input).toMatchObject([
    { role: 'user', content: [{ text: 'I like teal.' }] },
    { role: 'assistant', content: [{ text: 'Noted.' }] },
    { role: 'user', content: [{ text: 'What do I like?' }] },
  ])
})

test('after a handoff the answer is that of the agent who gave it', async () => {
  const specialist = new Agent({ name: 'Billing', model: new ScriptedModel([[assistantMessage('Paid.')]]) })
  const model = new ScriptedModel([
    [assistantMessage('One moment. '), functionCall('transfer_to_Billing', {}, { callId: 'c1' })],
  ])
  const { text } = await host(new Agent({ name: 'Desk', model, handoffs: [specialist] })).run('Invoice?')
  expect(text).toBe('Paid.')
})

test('an output that is an object is the answer as JSON', async () => {
  const model = new ScriptedModel([[assistantMessage('{"hour":6}')]])
  const agent = new Agent({ name: 'Typed', model, outputType: z.object({ hour: z.number() }) })
  expect((await host(agent).run('When?')).text).toBe('{"hour":6}')
})

test('a tool that waits for an approval fails the run, saying what to do', async () => {
  const guarded = tool({
    name: 'pay',
    description: '',
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  })
  const model = new ScriptedModel([[functionCall('pay', {}, { callId: 'c1' })]])
  await expect(host(new Agent({ name: 'Payer', model, tools: [guarded] })).run('Pay!')).rejects.toMatchObject(
    {
      code: 'invalid_configuration',
      message: expect.stringContaining('The tool "pay" of an agent of @openai/agents waits for an approval'),
    },
  )
})

test('the turns it may take are limited', async () => {
  const endless = modelResponder(({ index }) => [
    functionCall('get_tide', { place: 'Oslo' }, { callId: `c${index}` }),
  ])
  const model = new ScriptedModel([endless, endless, endless])
  const agent = new Agent({ name: 'Endless', model, tools: [getTide] })
  await expect(host(agent, { maxTurns: 2 }).run('?')).rejects.toThrow()
  expect(model.calls).toHaveLength(2)
})

test('a caller who gives up ends it', async () => {
  const stop = new AbortController()
  const model = new ScriptedModel([
    modelResponder(() => {
      stop.abort(new Error('enough'))
      return [assistantMessage('At six.')]
    }),
  ])
  const run = host(new Agent({ name: 'Tides', model })).run('When?', { signal: stop.signal })
  await expect(run).rejects.toThrow('enough')
})
