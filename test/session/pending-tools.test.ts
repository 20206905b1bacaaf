import { expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { ToolContext } from '../../src/agent/tools/tool-context.js'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { StoredEvent } from '../../src/run/events.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import type { ToolRunInput } from '../../src/session/execution/durable-tools.js'
import { openInput } from '../../src/session/sealed-input.js'
import { type ModelStep, ScriptedModel } from '../../src/testing/scripted-model.js'
import { ask, callWork, createSession, createSleepingClock, createTool, key } from './session-kit.js'

/** A tool whose work an orchestration does. */
function createPendingTool(name = 'work', more: object = {}) {
  const attempts: number[] = []
  const made = tool({
    name,
    description: '',
    parameters: z.object({ n: z.number() }),
    idempotent: true,
    execute: ({ n }, { durable, attempt }: ToolContext) => {
      attempts.push(attempt)
      return durable?.runOrchestration('publish', { n, ...more })
    },
  })
  return { made, attempts }
}

const answers = [callWork(1), { text: 'Published.' }]

const report = { correlationId: 'a', callId: 'call-1', result: { url: 'u' } }

async function startPending() {
  const { made, attempts } = createPendingTool()
  const session = createSession(answers, { tools: [made] })
  await ask(session.log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  return { ...session, attempts, read: () => session.log.read({ ...key, run: 'a' }) }
}

const typesOf = (events: readonly StoredEvent[]) => events.map(({ type }) => type)

test('a tool that gives its work to an orchestration parks the run', async () => {
  const { entity, read } = await startPending()
  const events = await read()
  expect(typesOf(events).slice(-3)).toEqual(['tool.started', 'tool.pending', 'run.parked'])
  expect(events.at(-1)?.data).toEqual({ reason: 'tool' })
  expect(entity.looks).toBe(1)
  const [[reportId, report] = [], ...others] = [...entity.started]
  expect(others).toEqual([])
  const idempotencyKey = (events.at(-3) as { data: { idempotencyKey?: string } }).data.idempotencyKey
  const call = { agent: 'Agent', session: 's', correlationId: 'a', callId: 'call-1', idempotencyKey }
  const { instanceId, ...sent } = (report?.input ?? {}) as { instanceId?: string }
  expect(sent).toEqual({ ...call, orchestration: 'publish', input: { n: 1 } })
  expect(report?.name).toBe('dafx-tool-run')
  expect(reportId).toBe(`${instanceId}-report`)
})

test('what durable-functions would change of the work is kept from it', async () => {
  const session = createSession(answers, { tools: [createPendingTool('work', { Timestamp: 'soon' }).made] })
  await ask(session.log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  const [report] = session.entity.started.values()
  expect(JSON.stringify(report)).not.toContain('"Timestamp"')
  expect(openInput(report?.input)).toMatchObject({ input: { n: 1, Timestamp: 'soon' } })
})

test('an orchestration whose start was not answered is looked for, and waited for when it is there', async () => {
  const session = createSession(answers, { tools: [createPendingTool().made] })
  session.entity.lostStarts.push(new Error('The connection was reset.'))
  await ask(session.log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  expect((await session.log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({ type: 'run.parked' })
  expect([session.entity.started.size, session.entity.looks]).toEqual([1, 2])
})

test('its report becomes the result, and the run goes on', async () => {
  const { entity, read, client, attempts } = await startPending()
  await entity.operate('tool_result', { correlationId: 'a', callId: 'call-1', result: { url: 'u' } })
  const events = await read()
  expect(typesOf(events).slice(-5)).toEqual([
    'run.resumed',
    'tool.completed',
    'message.delta',
    'step.completed',
    'run.completed',
  ])
  expect(events.find(({ type }) => type === 'tool.completed')?.data).toMatchObject({ result: { url: 'u' } })
  expect(attempts).toEqual([1])
  expect(client.requests).toHaveLength(2)
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
})

test('a report that comes again changes nothing', async () => {
  const { entity, read } = await startPending()
  await entity.operate('tool_result', report)
  const events = await read()
  await entity.operate('tool_result', { ...report, result: 2 })
  expect(await read()).toEqual(events)
})

/** A run that waits for a report, in a store that refuses so many wishes. */
async function startRefusing(refusals: number, retryable = true) {
  const log = new MemoryRunLog()
  const { control } = log
  let left = refusals
  log.control = async (...args) => {
    left -= 1
    if (left < 0) return control.apply(log, args)
    throw new AgentError('store_unavailable', 'The network is down.', { retryable })
  }
  const session = createSession(answers, {
    log,
    clock: createSleepingClock(),
    tools: [createPendingTool().made],
  })
  await ask(log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  return { ...session, read: () => log.read({ ...key, run: 'a' }) }
}

test('a report is taken in although the store fails at first', async () => {
  const { entity, read } = await startRefusing(3)
  await entity.operate('tool_result', report)
  expect((await read()).at(-1)).toMatchObject({ type: 'run.completed' })
  expect(entity.signals).toEqual([])
})

test.each([
  ['long', 8, true],
  ['for good, until somebody mends it', 1, false],
])('a report is not lost when the store fails %s: it is brought again', async (_how, refusals, retryable) => {
  const { entity, read } = await startRefusing(refusals, retryable)
  await entity.operate('tool_result', report)
  expect((await read()).at(-1)).toMatchObject({ type: 'run.parked' })
  expect(entity.signals).toEqual([['tool_result', report]])
  await entity.operate('tool_result', report)
  expect((await read()).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('an orchestration that failed is an error that the model is told', async () => {
  const { entity, client } = await startPending()
  await entity.operate('tool_result', { correlationId: 'a', callId: 'call-1', error: 'no paper' })
  expect(JSON.stringify(client.requests[1]?.messages)).toContain('no paper')
})

test('nothing but a report wakes it', async () => {
  const { entity, read } = await startPending()
  const before = await read()
  await entity.operate('continue', { correlationId: 'a' })
  await entity.operate('tool_result', { correlationId: 'a', callId: 'call-9', result: 1 })
  expect(await read()).toEqual(before)
  expect(entity.logged).toEqual([])
})

test('a run that was cut off anywhere starts the orchestration once, and ends with its result', async () => {
  const undisturbed = await startPending()
  const whole = await undisturbed.read()
  for (let cut = 1; cut <= whole.length; cut += 1) {
    const { made } = createPendingTool()
    const { entity, log } = createSession(answers.slice(cut > 2 ? 1 : 0), { tools: [made] })
    await ask(log, 'a')
    if (cut > 1) await log.append({ ...key, run: 'a' }, 1, whole.slice(1, cut))
    // From its record on the orchestration may have been started; starting it again would throw.
    if (typesOf(whole.slice(0, cut)).includes('tool.started')) {
      for (const [id, orchestration] of undisturbed.entity.started) entity.started.set(id, orchestration)
    }
    await entity.operate('run', { correlationId: 'a' })
    expect([...entity.started.keys()]).toEqual([...undisturbed.entity.started.keys()])
    await entity.operate('tool_result', { correlationId: 'a', callId: 'call-1', result: 'done' })
    const events = await log.read({ ...key, run: 'a' })
    expect(typesOf(events).at(-1), `cut after ${cut}`).toBe('run.completed')
    const completed = events.filter(({ type }) => type === 'tool.completed')
    expect(completed.map(({ data }) => data)).toMatchObject([{ result: 'done' }])
  }
})

test('a report that overtakes the record of the wait is taken in all the same', async () => {
  const whole = await (await startPending()).read()
  const { made, attempts } = createPendingTool()
  const { entity, log } = createSession(answers.slice(1), { tools: [made] })
  await ask(log, 'a')
  await log.append({ ...key, run: 'a' }, 1, whole.slice(1, typesOf(whole).indexOf('tool.pending')))
  await entity.operate('tool_result', { correlationId: 'a', callId: 'call-1', result: 'done' })
  expect(typesOf(await log.read({ ...key, run: 'a' })).at(-1)).toBe('run.completed')
  expect(attempts).toEqual([])
})

test('calls that need a human and calls that are pending are waited for side by side', async () => {
  const { made: ordinary, executions } = createTool({ approval: 'always' })
  const { made } = createPendingTool('publish')
  const calls = [
    { name: 'work', arguments: { n: 1 }, callId: 'human' },
    { name: 'publish', arguments: { n: 2 }, callId: 'machine' },
  ]
  const { entity, log } = createSession([{ calls }, { text: 'Both.' }], { tools: [ordinary, made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const read = () => log.read({ ...key, run: 'a' })
  expect((await read()).at(-1)?.data).toEqual({ reason: 'approval' })
  const approval = (await read()).find((event) => event.type === 'approval.requested')
  const approvalId = approval?.data.approvalId ?? ''
  await log.control({ ...key, run: 'a' }, { type: 'decision', approvalId, decision: 'approve' })
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions).toHaveLength(1)
  expect((await read()).at(-1)).toMatchObject({ type: 'run.parked', data: { reason: 'tool' } })
  await entity.operate('tool_result', { correlationId: 'a', callId: 'machine', result: 'done' })
  expect((await read()).at(-1)?.type).toBe('run.completed')
})

test('a run that waits for a tool can be cancelled', async () => {
  const { entity, log, read } = await startPending()
  await log.control({ ...key, run: 'a' }, { type: 'cancel', reason: 'enough' })
  await entity.operate('continue', { correlationId: 'a' })
  expect((await read()).at(-1)?.type).toBe('run.cancelled')
})

test('the pending tool of an agent that works for another one resumes both', async () => {
  const { made } = createPendingTool()
  const expertModel = new ScriptedModel([callWork(1), callWork(2), { text: 'The expert is done.' }])
  const expert = new Agent({ name: 'Expert', client: expertModel, tools: [made] })
  const asked = { name: 'Expert', arguments: { query: 'go' }, callId: 'outer' }
  const { entity, log } = createSession([{ calls: [asked] }, { text: 'All done.' }], {
    tools: [expert.asTool()],
  })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const last = async () => (await log.read({ ...key, run: 'a' })).at(-1)
  for (const callId of ['call-1', 'call-2']) {
    expect(await last()).toMatchObject({ type: 'run.parked', data: { reason: 'tool' } })
    await entity.operate('tool_result', { correlationId: 'a/outer', callId, result: callId })
  }
  expect(await last()).toMatchObject({ type: 'run.completed', data: { response: 'All done.' } })
  expect(expertModel.requests).toHaveLength(3)
})

test('a tool starts an orchestration that nobody waits for, looks at it and raises events in it', async () => {
  const seen: unknown[] = []
  const made = tool({
    name: 'work',
    description: '',
    parameters: z.object({ n: z.number() }),
    async execute(_args, { durable }: ToolContext) {
      const first = (await durable?.startOrchestration('publish', { n: 1 })) ?? ''
      const second = await durable?.startOrchestration('publish')
      await durable?.raiseEvent(first, 'approve', { yes: true })
      seen.push(await durable?.getStatus(first), await durable?.getStatus('nobody'))
      return { first, second }
    },
  })
  const { entity, log } = createSession(answers, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const [one, two] = [...entity.started.keys()]
  expect(two).toBe(`${one}-2`)
  expect(entity.raised).toEqual([[one, 'approve', { yes: true }]])
  expect(seen).toMatchObject([{ instanceId: one, name: 'publish', runtimeStatus: 'Running' }, undefined])
  const done = (await log.read({ ...key, run: 'a' })).find(({ type }) => type === 'tool.completed')
  expect(done?.data).toMatchObject({ result: { first: one, second: two } })
})

test('a tool that is tried again starts the orchestrations of its first try, and no others', async () => {
  let tries = 0
  const made = tool({
    name: 'work',
    description: '',
    parameters: z.object({ n: z.number() }),
    retry: { maxAttempts: 3, initialDelayMs: 0 },
    async execute(_args, { durable }: ToolContext) {
      tries += 1
      await durable?.startOrchestration('ship')
      if (tries < 3) throw new Error('The line is busy.')
      return durable?.runOrchestration('publish')
    },
  })
  const { entity, log } = createSession(answers, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const [shipped, ...others] = [...entity.started.keys()]
  expect([tries, others]).toEqual([3, [`${shipped}-2-report`]])
})

test('an orchestration of another name that has taken the id in advance is no report', async () => {
  const { entity } = await startPending()
  const [reportId = ''] = entity.started.keys()
  const session = createSession(answers, { tools: [createPendingTool().made] })
  session.entity.started.set(reportId, { name: 'dafx-echo', input: null })
  session.entity.outputs.set(reportId, { result: { url: 'forged' } })
  await ask(session.log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  const done = (await session.log.read({ ...key, run: 'a' })).find(({ type }) => type === 'tool.completed')
  expect(done?.data).toMatchObject({ error: expect.stringContaining('is a run of "dafx-echo" already') })
  expect(done?.data).not.toHaveProperty('result')
})

test('what came of calls of a session that was deleted is not given to somebody else who takes its names', async () => {
  const session = createSession(() => callWork(1), { tools: [createPendingTool().made] })
  const started: string[][] = []
  for (const owner of ['ann', 'bob', 'ann']) {
    const request = createRunRequest({ messages: [createTextMessage('user', 'a')], owner })
    await session.log.create({ ...key, run: 'a' }, request)
    await session.entity.operate('run', { correlationId: 'a' })
    started.push([...session.entity.started.keys()])
    await session.entity.operate('delete', { before: Date.now() + 1 })
  }
  expect(started.map(({ length }) => length)).toEqual([1, 2, 2])
})

test.each([
  ['of nobody', 'ann', undefined, 1],
  ['of somebody else', 'ann', 'bob', 1],
  ['of somebody, after one of nobody', undefined, 'bob', 1],
  ['of the same owner, whose call is another one', 'ann', 'ann', 2],
])(
  'a late report for a session that was deleted does not reach one %s that has its names',
  async (_whose, first, second, n) => {
    const publish = createPendingTool().made
    const work = (call: number) => ({
      calls: [{ name: 'work', arguments: { n: call === 0 ? 1 : n }, callId: 'call-1' }],
    })
    const ask = () => ({ calls: [{ name: 'Expert', arguments: { query: 'go' }, callId: 'outer' }] })
    const toScript = (step: (call: number) => ModelStep) => (_request: unknown, call: number) =>
      call < 2 ? step(call) : { text: 'Done.' }
    const client = new ScriptedModel(toScript(work))
    const expert = new Agent({ name: 'Expert', client, tools: [publish] })
    for (const [step, tools] of [
      [work, [publish]],
      [ask, [expert.asTool()]],
    ] as const) {
      const { entity, log } = createSession(toScript(step), { tools })
      const begin = async (owner: string | undefined) => {
        const request = createRunRequest({ messages: [createTextMessage('user', 'a')], owner })
        await log.create({ ...key, run: 'a' }, request)
        await entity.operate('run', { correlationId: 'a' })
        return toReport([...entity.started.values()].at(-1)?.input)
      }
      const late = await begin(first)
      await entity.operate('delete', { before: Date.now() + 1 })
      const own = await begin(second)
      const before = await log.read({ ...key, run: 'a' })
      await entity.operate('tool_result', late)
      expect(await log.read({ ...key, run: 'a' })).toEqual(before)
      expect(await log.controls({ ...key, run: 'a' })).toEqual([])
      await entity.operate('tool_result', own)
      const done = (await log.read({ ...key, run: late.correlationId })).filter(
        ({ type }) => type === 'tool.completed',
      )
      expect(done.map(({ data }) => data)).toMatchObject([{ result: own.result }])
    }
  },
)

test('a report of an earlier release, which does not say which call it is for, is taken', async () => {
  const { entity, log } = createSession(answers, { tools: [createPendingTool().made] })
  await log.create(
    { ...key, run: 'a' },
    createRunRequest({ messages: [createTextMessage('user', 'a')], owner: 'ann' }),
  )
  await entity.operate('run', { correlationId: 'a' })
  const { idempotencyKey, ...old } = toReport([...entity.started.values()].at(-1)?.input)
  expect(idempotencyKey).toHaveLength(32)
  await entity.operate('tool_result', old)
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({ type: 'run.completed' })
})

/** What the orchestration of a tool call reports, from its input. */
function toReport(input: unknown) {
  const {
    agent: _agent,
    session: _session,
    orchestration: _name,
    instanceId: _id,
    input: _input,
    ...call
  } = input as ToolRunInput
  return { ...call, result: `of ${call.idempotencyKey}` }
}

test.each([
  [{ result: { url: 'u' } }, { result: { url: 'u' } }],
  [{ error: 'no paper' }, { error: 'no paper' }],
])(
  'a run under the name of one that was deleted has what its orchestration gave: %j',
  async (output, outcome) => {
    const { entity } = await startPending()
    const [reportId = ''] = entity.started.keys()
    await entity.operate('delete', { before: Date.now() + 1 })
    const log = new MemoryRunLog()
    const again = createSession(answers, { log, tools: [createPendingTool().made] })
    for (const [id, started] of entity.started) again.entity.started.set(id, started)
    again.entity.outputs.set(reportId, output)
    await ask(log, 'a')
    await again.entity.operate('run', { correlationId: 'a' })
    const events = await log.read({ ...key, run: 'a' })
    expect(events.find(({ type }) => type === 'tool.completed')?.data).toMatchObject(outcome)
    expect(events.at(-1)?.type).toBe('run.completed')
    expect(again.entity.started.size).toBe(1)
  },
)
