import type { OrchestrationContext } from 'durable-functions'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { AgentError, hasCode } from '../../src/core/errors.js'
import { createFailure, toAgentError } from '../../src/orchestration/agent-failure.js'
import { getAgent } from '../../src/orchestration/get-agent.js'
import { AgentSessionId } from '../../src/session/agent-session-id.js'
import { completed, dispatch, failed } from './replay.js'

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 }
const answer = (text: string, value?: unknown) => ({ text, value, usage, sessionId: 's', correlationId: 'c' })
const budget = failed(0, 'dafx-agent-run', 'Too much. [agent error: budget_exhausted]')

function inputs(actions: readonly { readonly [field: string]: unknown }[]) {
  return actions.map(({ input }) => input as { session: string; request: { correlationId: string } })
}

test('a run is a sub-orchestration, and yield* gives its result', async () => {
  function* write(context: OrchestrationContext) {
    const { text } = yield* getAgent(context, 'Writer').run('Hi')
    return text.toUpperCase()
  }
  const { actions } = await dispatch(write, undefined)
  expect(actions).toMatchObject([
    {
      functionName: 'dafx-agent-run',
      input: { agent: 'Writer', request: { message: 'Hi', enable_tool_calls: true } },
    },
  ])
  expect(await dispatch(write, undefined, [completed(0, answer('ahoy'))])).toMatchObject({ output: 'AHOY' })
})

test('ids are the same at each replay, and differ between runs', async () => {
  function* write(context: OrchestrationContext) {
    const writer = getAgent(context, { name: 'Writer' })
    yield context.df.Task.all([writer.run('1'), writer.run('2')])
  }
  const [first, again] = await Promise.all([dispatch(write, undefined), dispatch(write, undefined)])
  expect(again).toEqual(first)
  const [all] = first.actions
  const [one, two] = inputs(all?.compoundActions as never)
  const ids = [one?.session, two?.session, one?.request.correlationId, two?.request.correlationId]
  expect(new Set(ids).size).toBe(4)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
})

test('a session passed to several runs is one conversation', async () => {
  function* write(context: OrchestrationContext) {
    const writer = getAgent(context, 'Writer')
    const session = writer.createSession()
    yield* writer.run('1', { session })
    yield* writer.run('2', { session })
    yield* writer.run('3', { session: 'ann' })
  }
  const done = [completed(0, answer('a')), completed(1, answer('b'))]
  const [one, two, three] = inputs((await dispatch(write, undefined, done)).actions)
  expect(one?.session).toBe(two?.session)
  expect(one?.request.correlationId).not.toBe(two?.request.correlationId)
  expect(three?.session).toBe('ann')
})

test("another agent's session is refused", async () => {
  function* write(context: OrchestrationContext) {
    yield* getAgent(context, 'Writer').run('1', { session: new AgentSessionId('Editor', 'x') })
  }
  expect((await dispatch(write, undefined)).error).toMatch(/one of agent "Editor", not of "Writer"/)
})

test('a response format travels as JSON Schema, and the value has its type', async () => {
  const review = z.object({ good: z.boolean(), at: z.string().transform((text) => new Date(text)) })
  function* judge(context: OrchestrationContext) {
    const { value } = yield* getAgent(context, 'Editor').run('Judge', { responseFormat: review })
    expectTypeOf(value).toEqualTypeOf<{ good: boolean; at: Date }>()
    return value.at.getUTCFullYear()
  }
  const { actions } = await dispatch(judge, undefined)
  expect(actions[0]).toMatchObject({
    input: { request: { response_schema: { properties: { good: { type: 'boolean' } } } } },
  })
  const done = completed(0, answer('{}', { good: true, at: '2020-02-02' }))
  expect(await dispatch(judge, undefined, [done])).toMatchObject({ output: 2020 })
  const misfit = completed(0, answer('{}', { good: 'yes' }))
  expect((await dispatch(judge, undefined, [misfit])).error).toMatch(/does not fit responseFormat/)
})

test('a failed run is caught with its code', async () => {
  function* write(context: OrchestrationContext) {
    try {
      yield* getAgent(context, 'Writer').run('1')
    } catch (error) {
      if (hasCode(error, 'budget_exhausted')) return (error as AgentError).message
    }
    return 'not caught'
  }
  expect(await dispatch(write, undefined, [budget])).toMatchObject({ output: 'Too much.' })
})

test('Task.all fails with an error that toAgentError reads', async () => {
  function* write(context: OrchestrationContext) {
    const writer = getAgent(context, 'Writer')
    try {
      yield context.df.Task.all([writer.run('1'), writer.run('2')])
    } catch (error) {
      return toAgentError(error).code
    }
    return 'not caught'
  }
  expect(await dispatch(write, undefined, [budget])).toMatchObject({ output: 'budget_exhausted' })
})

test('a signalled run is started and not waited for', async () => {
  // biome-ignore lint/correctness/useYield: durable-functions wants a generator, also where nothing is waited for
  function* write(context: OrchestrationContext) {
    return getAgent(context, 'Writer').signal('Hi', { session: 'ann', metadata: { from: 'test' } })
  }
  const { actions, output, isDone } = await dispatch(write, undefined)
  expect(isDone).toBe(true)
  expect(actions).toMatchObject([{ instanceId: '@dafx-writer@ann', operation: 'run' }])
  const [sent] = inputs(actions)
  expect(sent).toMatchObject({ message: 'Hi', metadata: { from: 'test' } })
  expect(output).toEqual({ sessionId: 'ann', correlationId: expect.stringMatching(/^[0-9a-f]{32}$/) })
})

test('an empty message is refused where it is sent', async () => {
  function* write(context: OrchestrationContext) {
    yield* getAgent(context, 'Writer').run('')
  }
  expect((await dispatch(write, undefined)).error).toMatch(/needs a message/)
})

test.each([
  [
    "Orchestrator function 'dafx-agent-run' failed: A b. [agent error: not_found] \n Details",
    'not_found',
    'A b.',
  ],
  [
    "Orchestrator function 'outer' failed: Orchestrator function 'dafx-agent-run' failed: A\nb. [agent error: model_timeout] \n X [agent error: internal]",
    'model_timeout',
    'A\nb.',
  ],
  ['something else', 'internal', 'something else'],
  ['A [agent error: made_up]', 'internal', 'A [agent error: made_up]'],
])('toAgentError reads %j', (text, code, message) => {
  expect(toAgentError(new Error(text))).toMatchObject({ code, message })
})

test.each([
  ['model_error', true],
  ['model_error', false],
  ['invalid_request', false],
  ['tools_unavailable', true],
] as const)('whether a %s may pass (%j) survives as a text', (code, retryable) => {
  const failure = createFailure({ code, message: 'A.', retryable })
  expect(toAgentError(failure)).toMatchObject({ code, message: 'A.', retryable })
  const old = `A. [agent error: ${code}]`
  expect(failure.message.startsWith(old)).toBe(true)
})

test('an AgentError stays what it is', () => {
  const error = new AgentError('rate_limited', 'x')
  expect(toAgentError(error)).toBe(error)
})

test.each([
  ['a session that no URL can name', { session: 'a/b' }, 'session must not contain'],
  ['a session that a URL takes for a folder', { session: '..' }, 'session must not be ".."'],
  [
    'a session with too long a name',
    { session: 'x'.repeat(201) },
    'session must have at most 200 characters',
  ],
  [
    'one that was made elsewhere',
    { session: new AgentSessionId('Writer', 'a#b') },
    'session must not contain',
  ],
  ['a run without a name', { correlationId: ' ' }, 'correlationId must not be blank'],
  ['a run with too long a name', { correlationId: 'x'.repeat(129) }, 'correlationId must have at most 128'],
])('%s is refused, as over HTTP', async (_what, options, message) => {
  const attempts = [
    (context: OrchestrationContext) => getAgent(context, 'Writer').run('Hi', options),
    (context: OrchestrationContext) => getAgent(context, 'Writer').signal('Hi', options),
  ]
  for (const attempt of attempts) {
    // biome-ignore lint/correctness/useYield: durable-functions wants a generator, also where nothing is waited for
    function* write(context: OrchestrationContext): Generator<never, string> {
      try {
        attempt(context)
      } catch (error) {
        return `${hasCode(error, 'invalid_request')} ${error}`
      }
      return 'taken'
    }
    const { output } = await dispatch(write, undefined)
    expect(output).toMatch(/^true /)
    expect(output).toContain(message)
  }
})

test.each([
  [{ responseSchema: z.object({ n: z.number() }) }, 'A run has no option "responseSchema". It has: session'],
  [{ enableToolCalls: 'false' }, 'enableToolCalls of a run must be true or false, not "false".'],
  [{ metadata: { n: 1 } }, 'metadata of a run.n must be text, not 1.'],
])('a run with %o is refused by name', async (options: object, said) => {
  // biome-ignore lint/correctness/useYield: durable-functions wants a generator, also where nothing is waited for
  function* write(context: OrchestrationContext): Generator<never, string> {
    try {
      getAgent(context, 'Writer').run('Hi', options)
    } catch (error) {
      return String(error)
    }
    return 'taken'
  }
  expect((await dispatch(write, undefined)).output).toContain(said)
})

test.each([
  [undefined, 'Hi', 'The agent that an orchestrator gets must be given, as text, and not undefined.'],
  [{}, 'Hi', 'The agent that an orchestrator gets must be given, as text, and not undefined.'],
  ['Writer', undefined, 'A run needs a message, a text that is not empty or a list, not undefined.'],
  ['Writer', '', 'A run needs a message, a text that is not empty or a list, not "".'],
  ['Writer', { message: 'Hi' }, 'A run needs a message, a text that is not empty or a list, not an object.'],
])('without types, agent %o asked %o is told of', async (agent, input, said) => {
  // biome-ignore lint/correctness/useYield: durable-functions wants a generator, also where nothing is waited for
  function* write(context: OrchestrationContext): Generator<never, string> {
    try {
      getAgent(context, agent as string).run(input as string)
    } catch (error) {
      return String(error)
    }
    return 'taken'
  }
  expect((await dispatch(write, undefined)).output).toContain(said)
})
