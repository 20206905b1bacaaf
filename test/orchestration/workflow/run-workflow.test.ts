import { expect, test } from 'vitest'
import { z } from 'zod'
import { AgentError } from '../../../src/core/errors.js'
import { unexpected } from '../../../src/orchestration/workflow/node-failure.js'
import {
  agentNode,
  functionNode,
  requestNode,
  transformNode,
  workflowNode,
} from '../../../src/orchestration/workflow/nodes.js'
import { WorkflowBuilder } from '../../../src/orchestration/workflow/workflow-builder.js'
import { playWorkflow } from './play-workflow.js'

const writer = { name: 'Writer' }
const echo = (agent: string, prompt: string) => `${agent}(${prompt})`
const upper = functionNode('upper', (text: string) => text.toUpperCase())
const length = functionNode('length', (text: string) => text.length)
const total = functionNode('total', (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0))

test('an output travels from node to node, and the last one is the output', async () => {
  const workflow = new WorkflowBuilder({ name: 'W', start: writer })
    .edge(writer, upper)
    .edge(upper, length)
    .build()
  const { output, rounds } = await playWorkflow(workflow, 'hi', { agents: echo })
  expect(output).toBe('Writer(hi)'.length)
  expect(rounds).toEqual([['agent Writer'], ['function upper'], ['function length']])
})

test('an agent gets a session of its own in the run, and a new correlation id each time', async () => {
  const calls: string[] = []
  const workflow = new WorkflowBuilder({ name: 'W', start: writer })
    .edge(writer, writer, { when: (text) => text.length < 20 })
    .build()
  await playWorkflow(workflow, 'hi', {
    agents: (agent, prompt, { sessionId, correlationId }) => {
      calls.push(`${sessionId} ${correlationId}`)
      return echo(agent, prompt)
    },
  })
  expect(calls).toEqual(['run~Writer id0', 'run~Writer id1', 'run~Writer id2'])
})

test('several edges fan out, and a fan-in waits for all its sources and keeps their order', async () => {
  const slow = functionNode('slow', (text: string) => Promise.resolve(text.length))
  const add = functionNode('add', (count: number) => count + 1)
  const workflow = new WorkflowBuilder({ name: 'W', start: upper })
    .fanOut(upper, [length, slow])
    .edge(slow, add)
    .fanIn([length, add], total)
    .build()
  const { output, rounds } = await playWorkflow(workflow, 'abc')
  expect(output).toBe(7)
  expect(rounds).toEqual([
    ['function upper'],
    ['function length', 'function slow'],
    ['function add'],
    ['function total'],
  ])
})

test('a fan-in that is never complete fails a workflow without output, and names what it waits for', async () => {
  const other = functionNode('other', (text: string) => text.length)
  const workflow = new WorkflowBuilder({ name: 'W', start: upper })
    .edge(upper, length)
    .edge(upper, other, { when: () => false })
    .fanIn([length, other], total)
    .build()
  const { result } = await playWorkflow(workflow, 'a')
  const message = 'It waits for an output of "other" that does not come.'
  expect(result).toMatchObject({ status: 'failed', error: { node: 'total', message } })
})

test('a branch takes the first case that holds, else the other way', async () => {
  const small = functionNode('small', (count: number) => `small ${count}`)
  const big = functionNode('big', (count: number) => `big ${count}`)
  const none = functionNode('none', () => 'none')
  const workflow = new WorkflowBuilder({ name: 'W', start: length })
    .branch(
      length,
      [
        { when: (count) => count > 5, to: big },
        { when: (count) => count > 0, to: small },
      ],
      none,
    )
    .build()
  const outputs = await Promise.all(
    ['abcdef', 'abc', ''].map(async (text) => (await playWorkflow(workflow, text)).output),
  )
  expect(outputs).toEqual(['big 6', 'small 3', 'none'])
})

test('an output that no edge takes on is an output; several are a list, none is null', async () => {
  const two = new WorkflowBuilder({ name: 'W', start: [upper, length] }).build()
  expect((await playWorkflow(two, 'ab')).output).toEqual(['AB', 2])
  const named = new WorkflowBuilder({ name: 'W', start: upper }).edge(upper, length).output(upper).build()
  expect((await playWorkflow(named, 'ab')).output).toBe('AB')
  const nothing = new WorkflowBuilder({ name: 'W', start: functionNode('quiet', () => undefined) }).build()
  expect((await playWorkflow(nothing, 'ab')).output).toBe(null)
})

test('a loop ends when its condition does not hold any more', async () => {
  const double = functionNode('double', (count: number) => count * 2)
  const workflow = new WorkflowBuilder({ name: 'W', start: double })
    .edge(double, double, { when: (count) => count < 100 })
    .build()
  expect((await playWorkflow(workflow, 3)).output).toBe(192)
})

test('a loop without end fails after maxIterations steps, naming the node', async () => {
  const spin = functionNode('spin', (count: number) => count + 1)
  const workflow = new WorkflowBuilder({ name: 'W', start: spin, maxIterations: 60 }).edge(spin, spin).build()
  const { result, rounds } = await playWorkflow(workflow, 0)
  expect(result).toMatchObject({
    status: 'failed',
    error: { node: 'spin', code: 'max_steps_exceeded', message: expect.stringContaining('60 steps') },
  })
  expect(rounds).toHaveLength(60)
})

test('functions, agents and conditions share a state, which a step sees as the steps before left it', async () => {
  const count = functionNode('count', (text: string, { state, setState }) => {
    setState('count', Number(state.count ?? 0) + 1)
    return text
  })
  const agent = agentNode(writer, {
    prompt: (text: string, { state, workflowInput }) => `${text} ${state.count} of ${workflowInput}`,
    remember: (output, _input, { state }) => ({ said: output, seen: state.count }),
  })
  const report = transformNode('report', (_text: string, { state }) => state)
  const workflow = new WorkflowBuilder({ name: 'W', start: count })
    .edge(count, count, { when: (_text, { state }) => Number(state.count) < 3 })
    .edge(count, agent, { when: (_text, { state }) => Number(state.count) === 3 })
    .edge(agent, report)
    .build()
  const { output } = await playWorkflow(workflow, 'x', { agents: echo })
  expect(output).toEqual({ count: 3, said: 'Writer(x 3 of x)', seen: 3 })
})

test('of several changes to one name in a step that of the last node counts, in the order of their messages', async () => {
  const set = (id: string) => functionNode(id, (_: string, { setState }) => setState('by', id))
  const [first, second] = [set('first'), set('second')]
  const done = transformNode('done', (_: readonly unknown[], { state }) => state.by)
  const workflow = new WorkflowBuilder({ name: 'W', start: [first, second] })
    .fanIn([second, first], done)
    .build()
  expect((await playWorkflow(workflow, '')).output).toBe('second')
})

test('two messages to one agent are brought one after the other, to a function at the same time', async () => {
  const [left, right] = [functionNode('left', () => 'l'), functionNode('right', () => 'r')]
  const workflow = new WorkflowBuilder({ name: 'W', start: [left, right] })
    .edge(left, writer)
    .edge(right, writer)
    .edge(left, upper)
    .edge(right, upper)
    .build()
  const { rounds, output } = await playWorkflow(workflow, '', { agents: echo })
  expect(rounds).toEqual([
    ['function left', 'function right'],
    ['agent Writer', 'function upper', 'function upper'],
    ['agent Writer'],
  ])
  expect(output).toEqual(['Writer(l)', 'L', 'Writer(r)', 'R'])
})

test('a node that fails is tried again after longer and longer pauses, under the same idempotency key', async () => {
  const keys: string[] = []
  const flaky = functionNode(
    'flaky',
    (_: string, { attempt, idempotencyKey }) => {
      keys.push(idempotencyKey)
      if (attempt < 4) throw new Error(`try ${attempt}`)
      return attempt
    },
    { retry: { maxAttempts: 4, delayMs: 100, backoff: 3, maxDelayMs: 500 } },
  )
  const workflow = new WorkflowBuilder({ name: 'W', start: [flaky, upper] }).build()
  const { output, elapsedMs, rounds, events } = await playWorkflow(workflow, 'a')
  expect(output).toEqual([4, 'A'])
  expect(elapsedMs).toBe(100 + 300 + 500)
  expect(rounds.map((round) => round.join())).toEqual([
    'function flaky,function upper',
    ...['timer', 'function flaky', 'timer', 'function flaky', 'timer', 'function flaky'],
  ])
  expect(new Set(keys)).toEqual(new Set(['run/0']))
  const failures = events.flatMap((event) => (event.type === 'node.failed' ? [event.data] : []))
  expect(failures.map(({ attempt, retryAt }) => [attempt, retryAt])).toEqual([
    [1, '1970-01-01T00:00:00.100Z'],
    [2, '1970-01-01T00:00:00.400Z'],
    [3, '1970-01-01T00:00:00.900Z'],
  ])
})

test('a pause is over when its timer says so, though the clock of the machine is behind', async () => {
  const flaky = functionNode(
    'flaky',
    (_: string, { attempt }) => {
      if (attempt === 1) throw new Error('once')
    },
    { retry: { maxAttempts: 2, delayMs: 100 } },
  )
  const workflow = new WorkflowBuilder({ name: 'W', start: flaky }).build()
  const { rounds } = await playWorkflow(workflow, 'a', { clockLagMs: 30 })
  expect(rounds.flat()).toEqual(['function flaky', 'timer', 'function flaky'])
})

test('a failure that cannot pass is not tried again', async () => {
  const refuse = functionNode(
    'refuse',
    () => {
      throw new AgentError('invalid_request', 'Not so.')
    },
    { retry: { maxAttempts: 5 } },
  )
  const { result, rounds } = await playWorkflow(new WorkflowBuilder({ name: 'W', start: refuse }).build(), '')
  expect(result).toEqual({
    status: 'failed',
    error: { node: 'refuse', code: 'invalid_request', message: 'Not so.' },
  })
  expect(rounds).toHaveLength(1)
})

test('a pause is no shorter than the model server asks for, within limits', async () => {
  const waits = [60_000, 50, 1e300, undefined]
  const agent = agentNode(writer, { retry: { maxAttempts: 4, delayMs: 100, maxDelayMs: 90_000 } })
  const workflow = new WorkflowBuilder({ name: 'W', start: agent }).build()
  const fail = () => {
    const retryAfterMs = waits.shift()
    throw new AgentError('rate_limited', 'Not now.', { retryable: true, retryAfterMs })
  }
  const { elapsedMs } = await playWorkflow(workflow, 'a', { agents: fail })
  expect(elapsedMs).toBe(60_000 + 200 + 90_000)
})

test('what stays wrong within a nested workflow is not tried again around it', async () => {
  const inner = new WorkflowBuilder({ name: 'Inner', start: agentNode(writer) }).build()
  const nested = workflowNode(inner, { id: 'sub', retry: { maxAttempts: 3, delayMs: 1 } })
  const workflow = new WorkflowBuilder({ name: 'Outer', start: nested }).build()
  let runs = 0
  const fail = () => {
    runs += 1
    throw new AgentError('model_error', 'It answered 401.')
  }
  const { result } = await playWorkflow(workflow, 'a', { agents: fail })
  expect(result).toMatchObject({ status: 'failed', error: { node: 'sub/Writer', retryable: false } })
  expect(runs).toBe(1)
})

test("an agent's failure has its code, and is tried again when that may help", async () => {
  const agent = agentNode(writer, { retry: { maxAttempts: 2, delayMs: 0 } })
  const workflow = new WorkflowBuilder({ name: 'W', start: agent }).build()
  const fail = () => {
    throw Object.assign(new Error('The model is down.'), { code: 'model_error', retryable: true })
  }
  const { result, rounds, statuses } = await playWorkflow(workflow, 'a', { agents: fail })
  const error = { node: 'Writer', code: 'model_error', message: 'The model is down.' }
  expect(result).toEqual({ status: 'failed', error })
  expect(rounds).toHaveLength(2)
  expect(statuses.at(-1)).toMatchObject({ state: 'failed', error })
})

test('what a node throws fails it; its text goes to the log and, unless it is an AgentError, not to callers', async () => {
  const secret = new Error('password')
  const broken = () => {
    throw secret
  }
  const refuse = () => {
    throw new AgentError('invalid_request', 'Not so')
  }
  const cases = [
    new WorkflowBuilder({ name: 'W', start: upper }).edge(upper, length, { when: broken }).build(),
    new WorkflowBuilder({ name: 'W', start: agentNode(writer, { prompt: broken }) }).build(),
    new WorkflowBuilder({ name: 'W', start: agentNode(writer, { prompt: () => '' }) }).build(),
    new WorkflowBuilder({ name: 'W', start: transformNode('t', refuse) }).build(),
    new WorkflowBuilder({ name: 'W', start: functionNode('f', broken) }).build(),
  ]
  const played = await Promise.all(cases.map((workflow) => playWorkflow(workflow, 'a')))
  expect(played.map(({ result }) => result)).toMatchObject(
    [
      { node: 'upper', message: `The condition of its edge to "length" threw ${unexpected}.` },
      { node: 'Writer', message: `Its prompt threw ${unexpected}.` },
      {
        node: 'Writer',
        message: 'Its prompt must give a text that is not empty, not "".',
        code: 'invalid_request',
      },
      { node: 't', message: 'It threw "Not so".', code: 'invalid_request' },
      { node: 'f', message: `The function threw ${unexpected}.`, code: 'internal' },
    ].map((error) => ({ status: 'failed', error })),
  )
  expect(played.map(({ reported }) => reported)).toEqual([[secret], [secret], [], [], []])
  expect(JSON.stringify(played.map(({ events, statuses }) => [events, statuses]))).not.toContain('password')
})

test('what cannot wait for a promise says so: as a condition it would always hold, as an output be empty', async () => {
  const later = (async () => Promise.reject(new Error('later'))) as unknown as () => never
  const cases = [
    new WorkflowBuilder({ name: 'W', start: upper }).edge(upper, length, { when: later }).build(),
    new WorkflowBuilder({ name: 'W', start: upper }).branch(upper, [{ when: later, to: length }]).build(),
    ...[
      agentNode(writer, { prompt: later }),
      agentNode(writer, { remember: later }),
      transformNode('t', later),
      requestNode('q', { response: z.unknown(), question: later }),
    ].map((start) => new WorkflowBuilder({ name: 'W', start }).build()),
  ]
  const played = await Promise.all(cases.map((workflow) => playWorkflow(workflow, 'a', { agents: echo })))
  const code = 'invalid_configuration'
  expect(played.map(({ result }) => result)).toMatchObject(
    [
      { code, message: expect.stringMatching(/^The condition of its edge to "length" gave a promise: /) },
      { code, message: expect.stringMatching(/^The condition of its branch to "length" gave a promise: /) },
      { code, message: expect.stringMatching(/^Its prompt gave a promise: /) },
      { code, message: expect.stringMatching(/^Its remember gave a promise: /) },
      { code, message: expect.stringMatching(/^It gave a promise: .* belongs into a functionNode\(\)\.$/) },
      { code, message: expect.stringMatching(/^Its question gave a promise: /) },
    ].map((error) => ({ status: 'failed', error })),
  )
})

test('a prompt that gives no text fails its node before the agent is asked', async () => {
  const nothing = (() => undefined) as unknown as () => string
  const workflow = new WorkflowBuilder({ name: 'W', start: agentNode(writer, { prompt: nothing }) }).build()
  const { result, rounds } = await playWorkflow(workflow, 'a')
  const message = 'Its prompt must give a text that is not empty, not undefined.'
  expect(result).toMatchObject({ status: 'failed', error: { code: 'invalid_request', message } })
  expect(rounds).toEqual([])
})

test('what transforms and questions give is JSON wherever it goes, and what is none fails its node', async () => {
  const date = transformNode('date', () => ({ at: new Date(0), gone: undefined }))
  const look = transformNode('look', (given: unknown) => [given, Object.keys(given as object)])
  const dated = new WorkflowBuilder({ name: 'W', start: date }).edge(date, look).build()
  expect((await playWorkflow(dated, 'a')).output).toEqual([{ at: '1970-01-01T00:00:00.000Z' }, ['at']])
  const big = () => 1n
  const response = z.unknown()
  const cases = [
    transformNode('t', big),
    requestNode('q', { response, question: big }),
    requestNode('q', { response, timeoutMs: 1, onTimeout: big }),
  ].map((start) => new WorkflowBuilder({ name: 'W', start }).build())
  const played = await Promise.all(
    cases.map((workflow) => playWorkflow(workflow, 'a', { human: () => undefined })),
  )
  expect(played.map(({ result }) => result)).toMatchObject(
    [
      { node: 't', message: `It threw ${unexpected}.` },
      { node: 'q', message: `Its question threw ${unexpected}.` },
      { node: 'q', message: `Its onTimeout threw ${unexpected}.` },
    ].map((error) => ({ status: 'failed', error })),
  )
})

test('a response format makes the value the output, and what the schema does not take is a failure', async () => {
  const mood = agentNode(writer, { responseFormat: z.object({ mood: z.string().min(3) }) })
  const workflow = new WorkflowBuilder({ name: 'W', start: mood }).build()
  expect((await playWorkflow(workflow, 'a', { agents: () => ({ mood: 'good' }) })).output).toEqual({
    mood: 'good',
  })
  const { result } = await playWorkflow(workflow, 'a', { agents: () => ({ mood: '' }) })
  expect(result).toMatchObject({ status: 'failed', error: { node: 'Writer', code: 'response_schema_unmet' } })
})

test('a nested workflow gives its output, and the path to what failed in it', async () => {
  const inner = new WorkflowBuilder({ name: 'Inner', start: writer }).build()
  const nested = workflowNode(inner, { id: 'sub' })
  const workflow = new WorkflowBuilder({ name: 'Outer', start: nested }).build()
  const { output, rounds, events } = await playWorkflow(workflow, 'a', { agents: echo })
  expect(output).toBe('Writer(a)')
  expect(rounds).toEqual([['workflow dafx-run::sub::0']])
  expect(events[1]).toMatchObject({
    type: 'node.started',
    data: { kind: 'workflow', nested: { instanceId: 'dafx-run::sub::0', ordinal: 0 } },
  })
  const { result } = await playWorkflow(workflow, 'a', {
    agents: () => {
      throw new Error('no')
    },
  })
  expect(result).toMatchObject({ status: 'failed', error: { node: 'sub/Writer', message: 'no' } })
})

test('a nested workflow is another instance for each message, also when they come in different steps', async () => {
  const nested = workflowNode(new WorkflowBuilder({ name: 'Inner', start: upper }).build(), { id: 'sub' })
  const again = transformNode('again', (text: unknown) => `${text}!`)
  const workflow = new WorkflowBuilder({ name: 'Outer', start: [nested, upper] })
    .edge(upper, nested)
    .edge(nested, again, { when: (text) => !String(text).includes('!') })
    .edge(again, nested)
    .build()
  const { rounds } = await playWorkflow(workflow, 'a')
  const instances = rounds.flat().filter((label) => label.startsWith('workflow'))
  expect(instances).toEqual(['0', '1', '2', '3'].map((ordinal) => `workflow dafx-run::sub::${ordinal}`))
})

test('events are numbered from 0 and tell the story; large outputs are left out of them', async () => {
  const workflow = new WorkflowBuilder({ name: 'W', start: writer })
    .edge(
      writer,
      functionNode('long', () => 'x'.repeat(5000)),
    )
    .build()
  const { events, statuses } = await playWorkflow(workflow, 'a', { agents: echo })
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index))
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['workflow.started', { workflow: 'W', instanceId: 'run' }],
    [
      'node.started',
      {
        node: 'Writer',
        execution: 0,
        kind: 'agent',
        attempt: 1,
        run: { agent: 'Writer', sessionId: 'run~Writer', correlationId: 'id0' },
      },
    ],
    ['node.completed', { node: 'Writer', execution: 0, output: 'Writer(a)' }],
    ['node.started', { node: 'long', execution: 1, kind: 'function', attempt: 1 }],
    ['node.completed', { node: 'long', execution: 1, truncated: true }],
    ['workflow.completed', { truncated: true }],
  ])
  expect(statuses.at(-1)).toEqual({ state: 'completed', step: 2, events: 6, pending: [], nested: [] })
})

test('a long run goes on in new generations without losing anything', async () => {
  const step = functionNode('step', (count: number, { setState, state }) => {
    setState('sum', Number(state.sum ?? 0) + count)
    return count + 1
  })
  const sum = transformNode('sum', (_: number, { state }) => state.sum)
  const workflow = new WorkflowBuilder({ name: 'W', start: step })
    .edge(step, step, { when: (count) => count < 70 })
    .edge(step, sum, { when: (count) => count === 70 })
    .build()
  const { output, events } = await playWorkflow(workflow, 0)
  expect(output).toBe((69 * 70) / 2)
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index))
  expect(events.filter(({ type }) => type === 'workflow.started')).toHaveLength(1)
})

test('a request node is not a task of its own: it is asked at once, and waited for when the others are done', async () => {
  const ask = requestNode('ask', { response: z.string() })
  const workflow = new WorkflowBuilder({ name: 'W', start: [ask, upper] }).build()
  const { output, rounds, statuses } = await playWorkflow(workflow, 'a', {
    human: ({ pending }) => ({ requestId: pending[0]?.requestId, answer: 'yes' }),
  })
  expect(output).toEqual([{ input: 'a', answer: 'yes' }, 'A'])
  expect(rounds).toEqual([['function upper'], ['answer']])
  expect(statuses[0]).toMatchObject({ state: 'running', pending: [{ node: 'ask', question: 'a' }] })
})

test('what JSON has no words for arrives as its members, whichever way it goes', async () => {
  const members = { set: new Set([1]), map: new Map([['a', 1]]), at: new Date(0) }
  const told = { set: [1], map: { a: 1 }, at: '1970-01-01T00:00:00.000Z' }
  const give = functionNode('give', (_input: unknown, { setState }) => {
    setState('function', members)
    return members
  })
  const transform = transformNode('transform', (given: unknown) => given, {
    remember: () => ({ transform: members as never }),
  })
  const agent = agentNode(writer, {
    prompt: (_given: unknown) => 'Hi',
    remember: () => ({ agent: members as never }),
  })
  const look = transformNode('look', (_text: unknown, { state }): unknown =>
    JSON.parse(JSON.stringify(state)),
  )
  const workflow = new WorkflowBuilder({ name: 'W', start: give })
    .edge(give, transform)
    .edge(transform, agent)
    .edge(agent, look)
    .build()
  const { output, events } = await playWorkflow(workflow, 'x', { agents: echo })
  expect(output).toEqual({ function: told, transform: told, agent: told })
  expect(events.find(({ type }) => type === 'node.completed')?.data).toMatchObject({ output: told })
})

test('a function that gives what JSON cannot say fails its node, and may be tried again', async () => {
  const count = functionNode('count', (_input: unknown, { attempt }): unknown => (attempt === 1 ? 1n : 2), {
    retry: { maxAttempts: 2 },
  })
  const workflow = new WorkflowBuilder({ name: 'W', start: [count, upper] }).output(count).build()
  expect((await playWorkflow(workflow, 'x')).output).toBe(2)
})
