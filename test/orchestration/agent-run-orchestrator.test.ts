import type { OrchestrationContext } from 'durable-functions'
import { expect, test } from 'vitest'
import { createAgentRunOrchestrator } from '../../src/orchestration/agent-run-orchestrator.js'
import { getAgent } from '../../src/orchestration/get-agent.js'
import { dispatch, raised, replied } from './replay.js'

const runAgent = createAgentRunOrchestrator(() => ['Writer', 'Editor'])
const request = { correlationId: 'c', message: 'Hi', enable_tool_calls: true }
const input = { agent: 'Writer', session: 's', request }
const ids = { sessionId: 's', correlationId: 'c', responseId: 'c' }
const answer = {
  status: 'completed',
  ...ids,
  messages: [{ role: 'assistant', contents: [{ $type: 'text', type: 'text', text: 'Hello' }] }],
  usage: { inputTokenCount: 1, outputTokenCount: 2, totalTokenCount: 3 },
}
const result = {
  text: 'Hello',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  sessionId: 's',
  correlationId: 'c',
}

test('it calls the entity with the whole request and its own instance id', async () => {
  const { actions, isDone } = await dispatch(runAgent, input)
  expect(isDone).toBe(false)
  expect(actions).toMatchObject([
    {
      instanceId: '@dafx-writer@s',
      operation: 'run',
      input: { ...request, orchestrationId: 'instance' },
    },
  ])
})

test('an operation that brought the run to its end gives the result', async () => {
  expect(await dispatch(runAgent, input, replied(0, answer))).toMatchObject({ isDone: true, output: result })
})

test('a run that goes on is waited for, whether its event comes before or after the reply', async () => {
  const pending = replied(0, { status: 'pending', ...ids, messages: [] })
  const event = raised('dafx-run-c', answer)
  expect(await dispatch(runAgent, input, pending)).toMatchObject({ isDone: false })
  expect(await dispatch(runAgent, input, [...pending, event])).toMatchObject({ isDone: true, output: result })
  expect(await dispatch(runAgent, input, [event, ...pending])).toMatchObject({ output: result })
  expect(await dispatch(runAgent, input, [...pending, event, event])).toMatchObject({ output: result })
})

test('a failed run fails it, with a text that carries the code', async () => {
  const error = { code: 'model_error', message: 'The model failed.', retryable: true }
  const failure = { status: 'failed', ...ids, messages: [], error }
  const { error: text } = await dispatch(runAgent, input, replied(0, failure))
  expect(text).toBe('The model failed. [agent error: model_error]')
})

test('an agent that is not registered fails it at once, and the text names those that are', async () => {
  const { error, actions } = await dispatch(runAgent, { ...input, agent: 'Wrter' })
  expect(error).toContain('No agent named "Wrter" is registered; there are: Writer, Editor.')
  expect(actions).toEqual([])
})

test('an operation without a reply fails it', async () => {
  const { error } = await dispatch(runAgent, input, replied(0, null))
  expect(error).toContain('[agent error: internal]')
})

test('metadata that durable-functions would change come to the entity as they were given', async () => {
  const metadata = { Timestamp: 'soon' }
  function* write(context: OrchestrationContext) {
    yield* getAgent(context, 'Writer').run('Hi', { metadata })
  }
  const [run] = (await dispatch(write, undefined)).actions
  expect((await dispatch(runAgent, run?.input)).actions).toMatchObject([
    { input: { message: 'Hi', metadata } },
  ])
})
