import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { isTerminal, type StoredEvent } from '../../src/run/events.js'
import type { RunLog } from '../../src/run/run-log.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { VirtualClock } from '../../src/testing/engine/virtual-clock.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { EntityKit } from './entity-kit.js'
import { ask, callWork, createSession, createTool, key } from './session-kit.js'

/** A model that asks for two tools, then for one, then answers: decided by the conversation alone, as a real one would. */
const byConversation: ModelScript = ({ messages }) => {
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'user'))
  const results = turn
    .flatMap(({ contents }) => contents)
    .filter(({ type }) => type === 'functionResult').length
  const call = (n: number) => ({ name: 'work', arguments: { n }, callId: `call-${n}` })
  if (results === 0) return { calls: [call(1), call(2)] }
  return results === 2 ? { calls: [call(3)] } : { text: 'All done.', chunks: ['All ', 'done.'] }
}

async function runUndisturbed() {
  const { made } = createTool({ onUnknownOutcome: 'retry' })
  const { log, entity } = createSession(byConversation, { tools: [made] })
  await ask(log, 'run')
  await entity.operate('run', { correlationId: 'run' })
  return { events: await log.read({ ...key, run: 'run' }), state: entity.stored }
}

/** A log that holds the first `count` events of a run, as if its process had died right after writing them. */
async function cutLog(events: readonly StoredEvent[], count: number): Promise<RunLog> {
  const log = new MemoryRunLog()
  await ask(log, 'run')
  if (count > 1) await log.append({ ...key, run: 'run' }, 1, events.slice(1, count))
  return log
}

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, member) => (name === 'createdAt' ? undefined : member)))
}

test('a run that was cut anywhere ends as if nothing had happened, and nothing recorded is done again', async () => {
  const undisturbed = await runUndisturbed()
  const types = undisturbed.events.map(({ type }) => type)
  expect(types.length).toBeGreaterThan(10)
  for (let cut = 1; cut <= types.length; cut += 1) {
    const recorded = types.slice(0, cut)
    const { made, executions } = createTool({ onUnknownOutcome: 'retry' })
    const log = await cutLog(undisturbed.events, cut)
    const { entity, client } = createSession(byConversation, { log, tools: [made] })
    await entity.operate('run', { correlationId: 'run' })
    const label = `cut after ${cut} events, the last being ${recorded.at(-1)}`
    expect(withoutTimes(entity.stored), label).toEqual(withoutTimes(undisturbed.state))
    expect(client.requests.length, label).toBe(
      3 - recorded.filter((type) => type === 'step.completed').length,
    )
    expect(executions.length, label).toBe(3 - recorded.filter((type) => type === 'tool.completed').length)
    const events = await log.read({ ...key, run: 'run' })
    expect(
      events.map(({ id }) => id),
      label,
    ).toEqual(events.map((_, index) => index))
    expect(events.filter(isTerminal), label).toHaveLength(1)
  }
})

test('an execution that is repeated gets the same idempotency key and a higher attempt', async () => {
  const { events } = await runUndisturbed()
  const cut = events.findIndex(({ type }) => type === 'tool.completed')
  const first = events.find((event) => event.type === 'tool.started')
  const { made, executions } = createTool({ onUnknownOutcome: 'retry' })
  const { entity } = createSession(byConversation, { log: await cutLog(events, cut), tools: [made] })
  await entity.operate('run', { correlationId: 'run' })
  const repeated = executions.find(({ callId }) => callId === first?.data.callId)
  expect(repeated).toMatchObject({ attempt: 2, idempotencyKey: first?.data.idempotencyKey })
})

/** The idempotency key of a run's one call, where everything has its usual name but what is given. */
async function readIdempotencyKey(other: {
  agent?: string
  session?: string
  run?: string
  owner?: string
  tool?: string
  callId?: string
  n?: number
}) {
  const {
    agent: name = 'Agent',
    session = 's',
    run = 'run',
    owner,
    tool = 'work',
    callId = '1',
    n = 1,
  } = other
  const { made, executions } = createTool({ name: tool })
  const script = [{ calls: [{ name: tool, arguments: { n }, callId }] }, { text: 'done' }]
  const { log, agent } = createSession(script, { agent: { name, tools: [made] } })
  const messages = [createTextMessage('user', 'Go')]
  const request = createRunRequest({ messages, options: { enableToolCalls: true }, owner })
  await log.create({ agent: name, session, run }, request)
  await new EntityKit({ agent, log, session }).operate('run', { correlationId: run })
  return executions[0]?.idempotencyKey
}

test('calls that differ in anything have keys of their own, whatever else is named alike', async () => {
  const others = [
    {},
    { agent: 'Other' },
    { session: 't' },
    { run: 'b' },
    { owner: 'ann' },
    { tool: 'pay' },
    { callId: '2' },
    { n: 2 },
  ]
  const keys = await Promise.all(others.map(readIdempotencyKey))
  expect(keys[0]).toBe(await readIdempotencyKey({}))
  expect(new Set(keys).size).toBe(others.length)
})

test('a tool that must not be repeated is not: the model is told that its outcome is unknown', async () => {
  const { events } = await runUndisturbed()
  const cut = events.findIndex(({ type }) => type === 'tool.completed')
  const { made, executions } = createTool({ onUnknownOutcome: 'fail' })
  const { entity, client } = createSession(byConversation, { log: await cutLog(events, cut), tools: [made] })
  await entity.operate('run', { correlationId: 'run' })
  expect(executions.map(({ callId }) => callId)).toEqual(['call-3'])
  expect(JSON.stringify(client.requests[0]?.messages.at(-1))).toContain('whether it took effect is unknown')
})

test('deltas that were cut off are declared void before the step begins again', async () => {
  const { events } = await runUndisturbed()
  const cut = events.findIndex(({ type }) => type === 'message.delta') + 1
  const log = await cutLog(events, cut)
  const { made } = createTool({ onUnknownOutcome: 'retry' })
  const { entity } = createSession(byConversation, { log, tools: [made] })
  await entity.operate('run', { correlationId: 'run' })
  const after = (await log.read({ ...key, run: 'run' })).slice(cut).map(({ type }) => type)
  expect(after.slice(0, 3)).toEqual(['run.started', 'step.reset', 'message.delta'])
})

test('repeated signals change nothing', async () => {
  const { log, entity, client } = createSession([{ text: 'one' }, { text: 'two' }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const before = entity.state
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.state).toBe(before)
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'a' })
  expect(client.requests).toHaveLength(1)
})

test('messages whose signals overtake each other are answered in the order they were accepted', async () => {
  const { log, entity } = createSession(({ messages }) => ({
    text: `re ${JSON.stringify(messages.at(-1)?.contents)}`,
  }))
  for (const run of ['a', 'b', 'c']) await ask(log, run)
  for (const run of ['c', 'a', 'b']) await entity.operate('run', { correlationId: run })
  const order = entity.stored?.data.conversationHistory.filter(({ $type }) => $type === 'request')
  expect(order?.map(({ correlationId, extensionData }) => [correlationId, extensionData?.turn])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ])
})

test('a run whose state was not committed is caught up with before the next one', async () => {
  const { log, entity, client } = createSession([{ text: 'one' }, { text: 'two' }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  entity.state = undefined
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  expect(entity.stored?.data.conversationHistory).toHaveLength(4)
  expect(client.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  const [last] = (await log.read({ ...key, run: 'b' })).filter(isTerminal)
  expect(last?.data).toMatchObject({ message_count: 2 })
})

test('a peer without a log sends the whole request, and its repetition is one run', async () => {
  const { log, entity, client } = createSession([{ text: 'hello' }])
  const input = { correlationId: 'peer', message: 'hi', role: 'user' }
  await entity.operate('run_agent', input)
  await entity.operate('RunAgent'.replace('Agent', '_Agent'), input)
  expect(client.requests).toHaveLength(1)
  expect((await log.read({ ...key, run: 'peer' })).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('a failed run is stored as failed, and its finished steps are remembered', async () => {
  const { made } = createTool({ onUnknownOutcome: 'retry' })
  const error = new AgentError('model_error', 'The model answered 500.')
  const { log, entity, client } = createSession(
    [{ calls: [{ name: 'work', arguments: { n: 1 } }] }, { error }, { text: 'again' }],
    { tools: [made] },
  )
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { code: 'model_error', status: 502, correlationId: 'a' },
  })
  expect(entity.stored?.data.conversationHistory.at(-1)).toMatchObject({
    $type: 'errorResponse',
    error: { code: 'model_error' },
  })
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  expect(client.requests[2]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
})

test('what is unexpected reaches the log in full and the caller as internal', async () => {
  const { log, entity } = createSession([{ error: new Error('secret connection string') }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const last = (await log.read({ ...key, run: 'a' })).at(-1)
  expect(last).toMatchObject({ type: 'run.failed', data: { code: 'internal', status: 500 } })
  expect(JSON.stringify(last)).not.toContain('secret')
  expect(entity.logged.join()).toContain('secret connection string')
})

test('an executor that was overtaken stops, and stores nothing of its own', async () => {
  const log = new MemoryRunLog()
  const { entity } = createSession(
    () => {
      // Meanwhile another executor takes the run over and ends it.
      void log.append({ ...key, run: 'a' }, 2, [
        { type: 'run.started', data: { epoch: 2, attempt: 2, turn: 1 } },
      ])
      return { text: 'too late' }
    },
    { log },
  )
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(entity.state).toBeUndefined()
  expect((await log.read({ ...key, run: 'a' })).map(({ type }) => type)).toEqual([
    'run.accepted',
    'run.started',
    'run.started',
  ])
  expect(entity.logged.join()).toMatch(/info: .*went on elsewhere/)
})

test('a state of an unknown version is left alone, and who waits is told', async () => {
  const { log, entity, client } = createSession([])
  const stored = JSON.stringify({ schemaVersion: '9.0.0', data: { conversationHistory: [] } })
  entity.state = stored
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(entity.state).toBe(stored)
  expect(client.requests).toHaveLength(0)
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { code: 'unsupported_state' },
  })
})

test('reset clears the history and the ended logs, for the model too', async () => {
  const { log, entity, client } = createSession([{ text: 'one' }, { text: 'two' }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('reset', { id: 'reset-1', before: Date.now() + 1 })
  expect(entity.stored?.data.conversationHistory).toEqual([])
  expect(entity.stored?.data.extensionData?.durableAgentFunctions).toMatchObject({
    resetId: 'reset-1',
    messageCount: 0,
  })
  expect(await log.read({ ...key, run: 'a' })).toEqual([])
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  expect(client.requests[1]?.messages).toHaveLength(1)
})

test('a reset that comes after the deletion of its session leaves nothing', async () => {
  const { log, entity } = createSession([{ text: 'one' }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('delete', { before: Date.now() + 1 })
  await entity.operate('reset', { id: 'reset-1', before: Date.now() + 1 })
  expect(entity.state).toBeUndefined()
})

test('delete leaves nothing', async () => {
  const { log, entity } = createSession([{ text: 'one' }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('delete', { before: Date.now() + 1 })
  expect(entity.state).toBeUndefined()
  expect(await log.session(key)).toBeUndefined()
})

test('a deletion that comes again concerns no run accepted since: nobody is told that it was deleted', async () => {
  const clock = new VirtualClock()
  const log = new MemoryRunLog({ clock })
  const { made } = createTool({ approval: 'always' })
  const { entity } = createSession([callWork(1)], { log, clock, tools: [made] })
  await ask(log, 'old')
  const deletion = { before: clock.now() + 1 }
  clock.advanceTo(clock.now() + 10)
  await entity.operate('delete', deletion)
  await entity.operate('run', { message: 'Hi', correlationId: 'new', orchestrationId: 'parent' })
  expect(entity.replies).toMatchObject([{ status: 'pending' }])
  await entity.operate('delete', deletion)
  expect(entity.raised).toEqual([])
  expect((await log.read({ ...key, run: 'new' })).at(-1)).toMatchObject({ type: 'run.parked' })
})

test('an operation that nobody knows, or whose input is wrong, is logged and changes nothing', async () => {
  const { entity } = createSession([])
  await entity.operate('explode')
  await entity.operate('run', { message: 'no id' })
  await entity.operate('run', { correlationId: 'x', message: 'hi', role: 'system' })
  expect(entity.state).toBeUndefined()
  expect(entity.logged).toHaveLength(3)
  expect(entity.logged.join()).toMatch(/no operation "explode".*correlationId.*role: must be "user"/s)
})

test('the model sees the whole conversation, also what has left the state', async () => {
  const { log, entity, client } = createSession(({ messages }) => ({
    text: `answer ${messages.length}`.padEnd(1500, '.'),
  }))
  for (let turn = 1; turn <= 12; turn += 1) {
    await ask(log, `run-${turn}`)
    await entity.operate('run', { correlationId: `run-${turn}` })
    expect(client.requests.at(-1)?.messages).toHaveLength(turn * 2 - 1)
  }
  expect(entity.stored?.data.conversationHistory.length).toBeLessThan(24)
  expect(entity.state?.length).toBeLessThanOrEqual(8 * 1024)
})

test('callbacks see every increment and the answer, in order, and cannot break anything', async () => {
  const story: string[] = []
  const log = new MemoryRunLog()
  const client = new ScriptedModel([{ text: 'Hi Ann', chunks: ['Hi ', 'Ann'] }])
  const entity = new EntityKit({
    agent: new Agent({ name: 'Agent', client }),
    log,
    callback: {
      onStreamingResponseUpdate: async (update, context) => {
        await Promise.resolve()
        story.push(`${context.agentName}/${context.sessionId}/${context.correlationId}: ${update.text}`)
        throw new Error('callback broke')
      },
      onAgentResponse: (response, context) => {
        story.push(`${context.requestMessage} -> ${response.text}`)
      },
    },
  })
  await ask(log, 'a', 'hello')
  await entity.operate('run', { correlationId: 'a' })
  expect(story).toEqual(['Agent/s/a: Hi Ann', 'hello -> Hi Ann'])
  expect(entity.logged.join()).toContain('callback broke')
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
})
