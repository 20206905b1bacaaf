import { expect, test, vi } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { AgentError } from '../../src/core/errors.js'
import { toProblem } from '../../src/core/problem.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { fold } from '../../src/run/fold.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import {
  ask,
  callWork,
  createDistantLog,
  createSession,
  createSleepingClock,
  createTool,
  key,
} from './session-kit.js'

const askExpert = { calls: [{ name: 'Expert', arguments: { query: 'What is 1?' }, callId: 'ask' }] }
const inner = { ...key, run: 'a/ask' }
const outer = { ...key, run: 'a' }

/** A model that asks the expert once, decided by the conversation. */
const delegating: ModelScript = ({ messages }) =>
  messages.some(({ role }) => role === 'tool') ? { text: 'The expert says ten.' } : askExpert

const working: ModelScript = ({ messages }) =>
  messages.some(({ role }) => role === 'tool') ? { text: 'ten' } : callWork(1)

function createDelegating(options: Parameters<typeof createTool>[0] = {}, log = createDistantLog()) {
  const { made, executions } = createTool(options)
  const expertModel = new ScriptedModel(working)
  const expert = new Agent({
    name: 'Expert',
    description: 'Knows numbers.',
    client: expertModel,
    tools: [made],
  })
  return { ...createSession(delegating, { log, tools: [expert.asTool()] }), expertModel, executions }
}

test("an agent works for another one: its answer is the call's result, and its tokens count", async () => {
  const { log, entity, client, expertModel } = createDelegating()
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(client.requests[1]?.messages.at(-1)?.contents).toEqual([
    { type: 'functionResult', callId: 'ask', result: 'ten' },
  ])
  expect(expertModel.requests[0]?.messages).toMatchObject([
    { role: 'user', contents: [{ text: 'What is 1?' }] },
  ])
  expect((await log.read(outer)).at(-1)).toMatchObject({
    data: { usage: { total_tokens: 60 }, message_count: 1 },
  })
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
})

test('agents that ask one another in circles come to an end', async () => {
  const circling: ModelScript = ({ messages }) => {
    const [result] = messages.at(-1)?.contents ?? []
    if (result?.type === 'functionResult') return { text: String(result.error ?? result.result) }
    return { calls: [{ name: 'Circle', arguments: { query: 'And you?' } }] }
  }
  const itself = { name: 'itself', tools: async () => [circle.asTool()] }
  const circle: Agent = new Agent({ name: 'Circle', client: new ScriptedModel(circling), tools: [itself] })
  const { log, entity } = createSession(circling, { tools: [circle.asTool()] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read(outer)).at(-1)).toMatchObject({
    type: 'run.completed',
    data: { response: 'Agent "Circle" was not asked: 16 agents are working for one another already.' },
  })
})

test('a delegated run that was cut anywhere is gone on with, and nothing recorded is done again', async () => {
  const whole = createDelegating({ onUnknownOutcome: 'retry' })
  await ask(whole.log, 'a')
  await whole.entity.operate('run', { correlationId: 'a' })
  const outerEvents = await whole.log.read(outer)
  const innerEvents = await whole.log.read(inner)
  const [accepted] = innerEvents
  const asked = outerEvents.findIndex(({ type }) => type === 'tool.started') + 1
  for (let cut = 1; cut <= innerEvents.length; cut += 1) {
    const { log, entity, client, expertModel, executions } = createDelegating({ onUnknownOutcome: 'retry' })
    await ask(log, 'a')
    await log.append(outer, 1, outerEvents.slice(1, asked))
    if (accepted?.type === 'run.accepted') await log.create(inner, accepted.data)
    if (cut > 1) await log.append(inner, 1, innerEvents.slice(1, cut))
    await entity.operate('run', { correlationId: 'a' })
    const recorded = innerEvents.slice(0, cut).map(({ type }) => type)
    const label = `cut after ${recorded.at(-1)}`
    expect((await log.read(outer)).at(-1), label).toMatchObject({
      data: { response: 'The expert says ten.' },
    })
    expect(expertModel.requests.length, label).toBe(
      2 - recorded.filter((type) => type === 'step.completed').length,
    )
    expect(executions.length, label).toBe(recorded.includes('tool.completed') ? 0 : 1)
    expect(client.requests.length, label).toBe(1)
  }
})

test("a delegated run's approval is the outer run's, and names the innermost tool", async () => {
  const { log, entity, executions } = createDelegating({ approval: 'always' })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const [approval] = toOpenApprovals(fold(await log.read(outer)))
  expect(approval).toMatchObject({
    name: 'work',
    arguments: { n: 1 },
    callId: 'ask',
    inner: { agent: 'Expert' },
  })
  expect(approval?.approvalId).toMatch(/^a~/)
  expect((await log.read(outer)).at(-1)).toMatchObject({ type: 'run.parked' })
  const decision = { type: 'decision', approvalId: approval?.approvalId ?? '', decision: 'approve' } as const
  await log.control(outer, { ...decision, arguments: { n: 4 } })
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions.map(({ n }) => n)).toEqual([4])
  expect((await log.read(outer)).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('a decision that could not be handed on at first is handed on when the store works again', async () => {
  const { log, entity, executions } = createDelegating({ approval: 'always' })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const [approval] = toOpenApprovals(fold(await log.read(outer)))
  const { approvalId = '' } = approval ?? {}
  await log.control(outer, { type: 'decision', approvalId, decision: 'approve' })
  const error = new AgentError('store_unavailable', 'The network is down.', { retryable: true })
  vi.spyOn(log, 'control').mockRejectedValueOnce(error)
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions).toHaveLength(1)
  expect((await log.read(outer)).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('where two have to agree to a call of a delegated run, the outer run asks twice', async () => {
  const { log, entity, executions } = createDelegating({ approval: 'always', approvers: 2 })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const agree = async (by: string) => {
    const [approval] = toOpenApprovals(fold(await log.read(outer)))
    const { approvalId = '' } = approval ?? {}
    await log.control(outer, { type: 'decision', approvalId, decision: 'approve', by })
    await entity.operate('decide', { correlationId: 'a' })
    return approval
  }
  expect(await agree('ann')).toMatchObject({ approvers: 2, inner: { agent: 'Expert' } })
  expect(await agree('bob')).toMatchObject({ approvers: 2, approvedBy: ['ann'], arguments: { n: 1 } })
  expect(executions.map(({ n }) => n)).toEqual([1])
  expect((await log.read(outer)).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('a rejection goes to the model that asked', async () => {
  const { log, entity, executions, expertModel } = createDelegating({ approval: 'always' })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const [approval] = toOpenApprovals(fold(await log.read(outer)))
  await log.control(outer, {
    type: 'decision',
    approvalId: approval?.approvalId ?? '',
    decision: 'reject',
    reason: 'no',
  })
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions).toEqual([])
  expect(JSON.stringify(expertModel.requests[1]?.messages)).toContain('A human rejected this call: no.')
})

test('cancelling the outer run stops the one that works for it', async () => {
  const log = new MemoryRunLog()
  let aborted = false
  const { entity } = createDelegating(
    {
      execute: async (_args, { signal }) => {
        await log.control(outer, { type: 'cancel', reason: 'enough' })
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted = true
            reject(signal.reason)
          }),
        )
      },
    },
    log,
  )
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(aborted).toBe(true)
  expect((await log.read(outer)).at(-1)).toMatchObject({ type: 'run.cancelled' })
})

test('a run that is cancelled takes those along that work for it and wait for a human', async () => {
  const { made } = createTool({ approval: 'always' })
  const expert = new Agent({ name: 'Expert', client: new ScriptedModel(working), tools: [made] })
  const boss = new Agent({ name: 'Boss', client: new ScriptedModel(delegating), tools: [expert.asTool()] })
  const script: ModelScript = [{ calls: [{ name: 'Boss', arguments: { query: 'Ask.' }, callId: 'boss' }] }]
  const { log, entity } = createSession(script, { tools: [boss.asTool()] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const lasts = async () =>
    Promise.all(
      ['a', 'a/boss', 'a/boss/ask'].map(async (run) => (await log.read({ ...key, run })).at(-1)?.type),
    )
  expect(await lasts()).toEqual(Array(3).fill('run.parked'))
  await log.control(outer, { type: 'cancel', reason: 'enough' })
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lasts()).toEqual(Array(3).fill('run.cancelled'))
})

test('a run that is ended from outside takes those along that work for it', async () => {
  const { log, entity } = createDelegating({ approval: 'always' })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const position = (await log.read(outer)).length
  const problem = toProblem(new AgentError('internal', 'It never came to an end.'))
  await log.append(outer, position, [{ type: 'run.failed', data: problem }])
  await entity.operate('continue', { correlationId: 'a' })
  expect((await log.read(inner)).at(-1)).toMatchObject({ type: 'run.cancelled' })
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
})

test('a delegated run that its operation has no time for is gone on with in the next one', async () => {
  const clock = createSleepingClock()
  const log = new MemoryRunLog()
  const limits = { parkAfterMs: 1_000, hardEndMs: 2_000 }
  const execute = async (_args: unknown, { signal }: { readonly signal: AbortSignal }) => {
    clock.advanceTo(clock.now() + 2_000)
    signal.throwIfAborted()
  }
  const { made } = createTool({ execute })
  const expert = new Agent({ name: 'Expert', client: new ScriptedModel(working), tools: [made] })
  const { entity } = createSession(delegating, { log, tools: [expert.asTool()], limits, clock })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read(outer)).map(({ type }) => type).slice(-2)).toEqual(['tool.started', 'run.parked'])
  expect(entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  await entity.operate('continue', { correlationId: 'a' })
  const last = { type: 'run.completed' }
  expect([(await log.read(inner)).at(-1), (await log.read(outer)).at(-1)]).toMatchObject([last, last])
})

test('a reset leaves what was done for a run that goes on', async () => {
  const { log, entity, expertModel, executions } = createDelegating()
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const events = await log.read(outer)
  const asked = events.findIndex(({ type }) => type === 'tool.started') + 1
  const whole = await log.read(inner)
  const late = createDelegating()
  await ask(late.log, 'a')
  await late.log.append(outer, 1, events.slice(1, asked))
  if (whole[0]?.type === 'run.accepted') await late.log.create(inner, whole[0].data)
  await late.log.append(inner, 1, whole.slice(1))
  await late.entity.operate('reset', { before: Date.now() + 1 })
  await late.entity.operate('continue', { correlationId: 'a' })
  expect([expertModel.requests.length, executions.length]).toEqual([2, 1])
  expect([late.expertModel.requests.length, late.executions.length]).toEqual([0, 0])
  expect((await late.log.read(outer)).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('without a session agents work for each other in memory', async () => {
  const { made } = createTool()
  const expert = new Agent({ name: 'Expert', client: new ScriptedModel(working), tools: [made] })
  const agent = new Agent({ name: 'Agent', client: new ScriptedModel(delegating), tools: [expert.asTool()] })
  const { text, usage } = await agent.run('?')
  expect(text).toBe('The expert says ten.')
  expect(usage.totalTokens).toBe(60)
})
