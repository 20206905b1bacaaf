import { expect, test } from 'vitest'
import type { ContextProvider } from '../../src/agent/agent-definition.js'
import { slidingWindow, summarize } from '../../src/agent/providers/compaction.js'
import { toText } from '../../src/core/messages.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { AgentState } from '../../src/session/state/agent-state.js'
import { readSession } from '../../src/session/state/read-session.js'
import type { ModelScript } from '../../src/testing/scripted-model.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { ask, createSession, key, type SessionOptions } from './session-kit.js'

/** Answers with everything it was shown, by whom it was said. */
const echo: ModelScript = ({ messages }) => ({
  text: messages.map(({ contents }) => toText(contents)).join(','),
})

const long = 'x'.repeat(5000)

/** A session to which one message after the other is sent, and each answered. */
function createConversation(script: ModelScript = echo, options: SessionOptions = {}) {
  const session = createSession(script, options)
  const { log, entity } = session
  async function say(run: string, replaces?: string, text = run): Promise<unknown> {
    await ask(log, run, text, { replaces })
    await entity.operate('run', { correlationId: run })
    const last = (await log.read({ ...key, run })).at(-1)
    return last?.type === 'run.completed' ? last.data.response : last
  }
  function readPage(limit = 50, before?: number) {
    const state = new AgentState()
    if (entity.stored !== undefined) state.restoreState(entity.stored)
    return readSession({ log, key, state }, { limit, before })
  }
  async function said(limit?: number, before?: number) {
    const { entries } = await readPage(limit, before)
    return entries.flatMap(({ $type, correlationId }) => ($type === 'request' ? [correlationId] : []))
  }
  return {
    ...session,
    say,
    said,
    readPage,
    own: () => entity.stored?.data.extensionData?.durableAgentFunctions,
  }
}

test('a message takes the place of an earlier one, and of what was said since', async () => {
  const { say, said, own, log } = createConversation()
  await say('a')
  await say('b')
  await say('c')
  expect(await say('d', 'b')).toBe('a,a,d')
  expect(await said()).toEqual(['a', 'd'])
  expect(own()).toMatchObject({ turn: 4, messageCount: 2, takenBack: [[2, 3]] })
  expect(await say('e')).toBe('a,a,d,a,a,d,e')
  expect((await log.read({ ...key, run: 'b' })).at(-1)?.type, 'what is taken back can be read on').toBe(
    'run.completed',
  )
})

test('places are taken again and again, also of what was taken back, and the first of all', async () => {
  const { say, said, own } = createConversation()
  for (const run of ['a', 'b', 'c']) await say(run)
  await say('b2', 'b')
  await say('b3', 'b')
  await say('b4', 'b3')
  expect(await said()).toEqual(['a', 'b4'])
  await say('d')
  await say('d2', 'd')
  expect(own()).toMatchObject({
    takenBack: [
      [2, 5],
      [7, 7],
    ],
    messageCount: 3,
  })
  expect(await say('a2', 'a')).toBe('a2')
  expect(await said()).toEqual(['a2'])
  expect(own()).toMatchObject({ takenBack: [[1, 8]], messageCount: 1 })
})

test('turns that have left the state are taken back too, by page and for the model', async () => {
  const { say, said, readPage, own } = createConversation(({ messages }) => ({
    text: `${messages.length} ${long}`,
  }))
  for (const run of ['a', 'b', 'c', 'd']) await say(run)
  expect(own()?.evictedTurn).toBeGreaterThanOrEqual(2)
  expect(await say('e', 'b')).toMatch(/^3 /)
  expect(own()).toMatchObject({ evictedTurn: 1, messageCount: 2 })
  for (const run of ['f', 'g']) await say(run)
  expect(await say('h')).toMatch(/^9 /)
  expect(await said()).toEqual(['a', 'e', 'f', 'g', 'h'])
  const newest = await readPage(3)
  expect(await said(3)).toEqual(['f', 'g', 'h'])
  expect(await said(3, newest.olderBefore)).toEqual(['a', 'e'])
  expect((await readPage(3, newest.olderBefore)).olderBefore).toBeUndefined()
  expect(await said(50, 4), 'a cursor from before').toEqual(['a'])
  await say('i', 'a')
  expect((await readPage(1)).olderBefore, 'nothing is before the first that counts').toBeUndefined()
})

test('a window over turns counts those that count', async () => {
  const script: ModelScript = ({ messages }) => ({ text: `${messages.length} ${long}` })
  const { say } = createConversation(script, { agent: { compaction: slidingWindow({ maxTurns: 2 }) } })
  for (const run of ['a', 'b', 'c', 'd', 'e']) await say(run)
  await say('f', 'c')
  expect(await say('g')).toMatch(/^5 /)
})

test('a summary of what is taken back is made anew', async () => {
  const client = new ScriptedModel(({ messages }) => ({ text: `summary of ${messages.length}` }))
  const compaction = summarize({ client, keepTurns: 1, everyTurns: 1 })
  const { say, own } = createConversation(echo, { agent: { compaction } })
  for (const run of ['a', 'b', 'c', 'd']) await say(run)
  expect(own()?.summary).toBeDefined()
  expect(await say('a2', 'a')).toBe('a2')
  expect(own()?.summary).toBeUndefined()
})

/** Counts its visits in the session; another one notes the first message. */
const visits: ContextProvider = {
  name: 'visits',
  async beforeRun({ state }) {
    state.count = Number(state.count ?? 0) + 1
    return {}
  },
}
const once: ContextProvider = {
  name: 'once',
  async beforeRun({ state, correlationId }) {
    state.first ??= correlationId
    return {}
  },
}

test('what providers keep is as it was', async () => {
  const { say, own } = createConversation(echo, { agent: { contextProviders: [visits, once] } })
  for (const run of ['a', 'b', 'c', 'd']) await say(run)
  await say('e', 'c')
  expect(own()?.state).toEqual({ visits: { count: 3 }, once: { first: 'a' } })
  await say('f', 'a')
  expect(own()?.state).toEqual({ visits: { count: 1 }, once: { first: 'f' } })
})

test('what providers keep stays where the logs of earlier runs are gone', async () => {
  const { say, own, log } = createConversation(echo, { agent: { contextProviders: [visits] } })
  await say('a')
  await log.deleteEndedRuns(key, { acceptedBefore: Date.now() + 1, upToTurn: 1 })
  await say('b')
  await say('c', 'b')
  expect(own()?.state).toEqual({ visits: { count: 3 } })
})

test('an operation that is cut off after the answer takes back what it had taken back', async () => {
  const { say, said, entity } = createConversation(echo, { agent: { contextProviders: [visits] } })
  for (const run of ['a', 'b']) await say(run)
  const before = entity.state
  await say('c', 'b')
  const after = entity.stored
  entity.state = before
  expect(await said()).toEqual(['a', 'c'])
  await entity.operate('continue', { correlationId: 'c' })
  expect(entity.stored).toEqual(after)
})

test('a message in the place of another one counts before its turn has come', async () => {
  const { say, said, log, readPage } = createConversation()
  for (const run of ['a', 'b']) await say(run)
  await ask(log, 'c')
  await ask(log, 'd', 'd', { replaces: 'b' })
  expect(await said()).toEqual(['a', 'd'])
  expect(await readPage()).toMatchObject({ messageCount: 2, lastResponse: 'a' })
  await ask(log, 'e')
  await ask(log, 'f', 'f', { replaces: 'd' })
  expect(await said()).toEqual(['a', 'f'])
})

test('after a reset there is nothing to be taken back', async () => {
  const { say, said, entity, own } = createConversation()
  for (const run of ['a', 'b']) await say(run)
  await entity.operate('reset', { id: 'r', before: 0 })
  expect(await say('c', 'b')).toBe('c')
  expect(await said()).toEqual(['c'])
  expect(own()?.takenBack).toBeUndefined()
})

test('a run whose place is gone when its turn comes fails, and the next one goes on', async () => {
  const { say, said } = createConversation()
  await say('a')
  expect(await say('b', 'unknown')).toMatchObject({ type: 'run.failed', data: { code: 'not_found' } })
  expect(await say('c')).toBe('a,a,c')
  expect(await said()).toEqual(['a', 'c'])
})

test('the state names the turn of a run whose log was deleted', async () => {
  const { say, said, log } = createConversation()
  for (const run of ['a', 'b']) await say(run)
  await log.deleteEndedRuns(key, { acceptedBefore: Date.now() + 1, upToTurn: 2 })
  expect(await say('c', 'b')).toBe('a,a,c')
  expect(await said()).toEqual(['a', 'c'])
})

test('whose place a message takes is part of what is asked', () => {
  const messages = [{ role: 'user' as const, contents: [] }]
  const options = { enableToolCalls: true }
  const digests = [options, { ...options, replaces: 'a' }, { ...options, replaces: 'b' }].map(
    (one) => createRunRequest({ messages, options: one }).digest,
  )
  expect(new Set(digests).size).toBe(3)
})
