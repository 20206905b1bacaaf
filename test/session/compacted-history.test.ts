import { expect, test, vi } from 'vitest'
import { slidingWindow, summarize } from '../../src/agent/providers/compaction.js'
import { toText } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { fold } from '../../src/run/fold.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { VirtualClock } from '../../src/testing/engine/virtual-clock.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { ask, callWork, createSession, createTool, key } from './session-kit.js'

/** Answers are long, so that older turns leave the state. */
const chatty: ModelScript = () => ({ text: 'y'.repeat(1000) })

async function talk(session: ReturnType<typeof createSession>, turns: number, from = 1) {
  for (let turn = from; turn < from + turns; turn += 1) {
    await ask(session.log, `run-${turn}`, `question ${turn}`)
    await session.entity.operate('run', { correlationId: `run-${turn}` })
  }
}

function questions(session: ReturnType<typeof createSession>) {
  const messages = session.client.requests.at(-1)?.messages ?? []
  return messages.filter(({ role }) => role === 'user').map(({ contents }) => toText(contents))
}

test('a sliding window shows the newest turns, also those that have left the state', async () => {
  const session = createSession(chatty, { agent: { compaction: slidingWindow({ maxTurns: 10 }) } })
  await talk(session, 30)
  expect(questions(session)).toEqual(Array.from({ length: 11 }, (_, index) => `question ${20 + index}`))
  expect(session.entity.stored?.data.conversationHistory.length).toBeLessThan(20)
})

test('with a window, a turn of a long conversation reads no more of the log than one of a short', async () => {
  const log = new MemoryRunLog()
  const session = createSession(chatty, { log, agent: { compaction: slidingWindow({ maxTurns: 10 }) } })
  const reads = vi.spyOn(log, 'read')
  await talk(session, 20)
  reads.mockClear()
  await talk(session, 1, 21)
  const early = reads.mock.calls.length
  await talk(session, 100, 22)
  reads.mockClear()
  await talk(session, 1, 122)
  expect(reads.mock.calls.length).toBeLessThanOrEqual(early)
})

test('a summary stands in for older turns, is journalled, and is made only when enough has gathered', async () => {
  const summarizer = new ScriptedModel((_request, call) => ({ text: `summary ${call + 1}` }))
  const compaction = summarize({ client: summarizer, keepTurns: 2, everyTurns: 3 })
  const session = createSession(chatty, { agent: { compaction } })
  await talk(session, 6)
  expect(summarizer.requests).toHaveLength(0)
  await talk(session, 1, 7)
  expect(summarizer.requests).toHaveLength(1)
  expect(session.client.requests.at(-1)?.messages[0]).toMatchObject({
    role: 'system',
    contents: [{ text: 'Summary of the conversation so far: summary 1' }],
  })
  expect(questions(session)).toEqual(['question 5', 'question 6', 'question 7'])
  await talk(session, 3, 8)
  expect(summarizer.requests).toHaveLength(1)
  await talk(session, 1, 11)
  expect(summarizer.requests).toHaveLength(2)
  expect(toText(summarizer.requests[1]?.messages[1]?.contents ?? [])).toMatch(
    /^Summary of what came before: summary 1/,
  )
  const events = await session.log.read({ ...key, run: 'run-7' })
  expect(events).toContainEqual(expect.objectContaining({ type: 'history.summarized' }))
  expect(session.entity.stored?.data.extensionData?.durableAgentFunctions?.messageCount).toBe(11)
})

test('a summary that keeps no turns stands in for all of them', async () => {
  const summarizer = new ScriptedModel(() => ({ text: 'all of it' }))
  const compaction = summarize({ client: summarizer, keepTurns: 0, everyTurns: 2 })
  const session = createSession(chatty, { agent: { compaction } })
  await talk(session, 4)
  expect(summarizer.requests).toHaveLength(1)
  expect(questions(session)).toEqual(['question 4'])
})

test('a summary that was journalled is not paid for again', async () => {
  const summarizer = new ScriptedModel(() => ({ text: 'short' }))
  const compaction = summarize({ client: summarizer, keepTurns: 1, everyTurns: 1 })
  const session = createSession(chatty, { agent: { compaction } })
  await talk(session, 3)
  await ask(session.log, 'run-4', 'question 4')
  const { state } = session.entity
  await session.entity.operate('run', { correlationId: 'run-4' })
  const events = await session.log.read({ ...key, run: 'run-4' })
  const cut = events.findIndex(({ type }) => type === 'history.summarized') + 1
  expect(cut).toBeGreaterThan(0)
  const log = new MemoryRunLog()
  for (const run of ['run-1', 'run-2', 'run-3', 'run-4']) {
    const source = await session.log.read({ ...key, run })
    await ask(log, run, run.replace('run-', 'question '))
    await log.append({ ...key, run }, 1, source.slice(1, run === 'run-4' ? cut : undefined))
  }
  const resumed = createSession(chatty, { log, agent: { compaction } })
  resumed.entity.state = state
  await resumed.entity.operate('run', { correlationId: 'run-4' })
  expect(summarizer.requests).toHaveLength(1)
  expect(questions(resumed)).toEqual(['question 3', 'question 4'])
})

test('what summarising costs counts for the run that did it, and against its budget', async () => {
  const compaction = summarize({
    client: new ScriptedModel(() => ({ text: 'short' })),
    keepTurns: 1,
    everyTurns: 1,
  })
  const session = createSession(chatty, { agent: { compaction } })
  await talk(session, 4)
  const events = await session.log.read({ ...key, run: 'run-4' })
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { usage: { total_tokens: 30 } } })
  expect(session.entity.stored?.data.extensionData?.durableAgentFunctions?.tokens).toBe(5 * 15)
  const poor = createSession(chatty, { agent: { compaction, maxTokensPerRun: 15 } })
  await talk(poor, 4)
  const failed = await poor.log.read({ ...key, run: 'run-4' })
  expect(failed.at(-1)).toMatchObject({ type: 'run.failed', data: { code: 'budget_exhausted' } })
  expect(poor.client.requests).toHaveLength(3)
})

test('when summarising fails, the older turns are shown as they are', async () => {
  const summarizer = new ScriptedModel(() => ({ error: new Error('down') }))
  const session = createSession(chatty, {
    agent: { compaction: summarize({ client: summarizer, keepTurns: 1, everyTurns: 1 }) },
  })
  await talk(session, 4)
  expect(questions(session)).toHaveLength(4)
  expect(session.entity.logged.join()).toContain('down')
})

test('a summary that takes longer than a step may is given up', async () => {
  const clock = new VirtualClock()
  const summarizer = new ScriptedModel(() => {
    clock.advanceTo(clock.now() + 20)
    return { hangsAfter: 'Well' }
  })
  const compaction = summarize({ client: summarizer, keepTurns: 1, everyTurns: 1 })
  const log = new MemoryRunLog({ clock })
  const session = createSession(chatty, { log, clock, agent: { compaction, stepTimeoutMs: 20 } })
  await talk(session, 4)
  expect(questions(session)).toHaveLength(4)
  expect(session.entity.logged.join()).toContain('timeout')
})

test('reset forgets the summary too', async () => {
  const compaction = summarize({
    client: new ScriptedModel(() => ({ text: 'secret' })),
    keepTurns: 1,
    everyTurns: 1,
  })
  const session = createSession(chatty, { agent: { compaction } })
  await talk(session, 4)
  await session.entity.operate('reset', { id: 'r', before: Date.now() + 1 })
  await talk(session, 1, 5)
  expect(JSON.stringify(session.client.requests.at(-1))).not.toContain('secret')
})

test('a run that waits through a reset brings back nothing of the summary it had made', async () => {
  const compaction = summarize({
    client: new ScriptedModel(() => ({ text: 'secret' })),
    keepTurns: 1,
    everyTurns: 1,
  })
  const { made } = createTool({ approval: 'always' })
  const script: ModelScript = ({ messages }, call) =>
    call === 3 && messages.at(-1)?.role === 'user' ? callWork(1) : { text: 'y'.repeat(1000) }
  const session = createSession(script, { agent: { compaction }, tools: [made] })
  await talk(session, 4)
  const waiting = { ...key, run: 'run-4' }
  const events = await session.log.read(waiting)
  expect(events.map(({ type }) => type)).toContain('history.summarized')
  await session.entity.operate('reset', { id: 'r', before: Date.now() + 1 })
  const [approval] = toOpenApprovals(fold(events))
  const { approvalId = '' } = approval ?? {}
  await session.log.control(waiting, { type: 'decision', approvalId, decision: 'approve' })
  await session.entity.operate('decide', { correlationId: 'run-4' })
  expect((await session.log.read(waiting)).at(-1)).toMatchObject({ type: 'run.completed' })
  expect(JSON.stringify(session.client.requests.at(-1))).not.toContain('secret')
  await talk(session, 1, 5)
  expect(JSON.stringify(session.client.requests.at(-1))).not.toContain('secret')
  expect(session.entity.state).not.toContain('secret')
})
