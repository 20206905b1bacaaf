import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider } from '../../src/agent/agent-definition.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { summarize } from '../../src/agent/providers/compaction.js'
import { type ChatMessage, createTextMessage, toText } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { parseAttachmentUri } from '../../src/run/attachment.js'
import type { RunOptions, RunRequest } from '../../src/run/events.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { SessionClient } from '../../src/session/client/session-client.js'
import type { SessionClientOptions } from '../../src/session/client/session-client-options.js'
import { AgentState } from '../../src/session/state/agent-state.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { EntityKit } from './entity-kit.js'

/** Answers with everything it was shown. */
const echo: ModelScript = ({ messages }) => ({
  text: messages.map(({ contents }) => toText(contents)).join(','),
})
const long = 'x'.repeat(5000)
const large = {
  type: 'data',
  uri: `data:image/png;base64,${'A'.repeat(40_000)}`,
  mediaType: 'image/png',
} as const

/** Sessions of one agent on one log: messages are sent as by callers, and answered at once. */
function createSessions(
  script: ModelScript = echo,
  {
    maxContinuedBytes,
    ...options
  }: Partial<AgentOptions> & Pick<SessionClientOptions, 'maxContinuedBytes'> = {},
) {
  const log = new MemoryRunLog()
  const agent = new Agent({ name: 'Agent', client: new ScriptedModel(script), ...options })
  const entities = new Map<string, EntityKit>()
  const find = (session: string) => {
    const entity = entities.get(session) ?? new EntityKit({ agent, log, session })
    entities.set(session, entity)
    return entity
  }
  const durable = {
    signalEntity: async ({ key }: { key: string }, operation: string, input: unknown) =>
      find(key).operate(operation, input),
    readEntityState: async ({ key }: { key: string }) => {
      const entityState = find(key).stored
      return { entityExists: entityState !== undefined, entityState }
    },
  }
  const sessions = new SessionClient(durable as never, log, { maxContinuedBytes })
  const deaf = new SessionClient({ ...durable, signalEntity: async () => {} } as never, log)
  /** Sends a message of which the entity does not hear yet. */
  const accept = (session: string, run: string, message?: Message) =>
    deaf.start({ agent: 'Agent', session, run }, toRequest(run, message))
  async function say(session: string, run: string, message?: Message) {
    const key = { agent: 'Agent', session, run }
    await sessions.start(key, toRequest(run, message))
    const last = (await log.read(key)).at(-1)
    return last?.type === 'run.completed' ? last.data.response : last
  }
  const read = (session: string, limit = 50, before?: number) =>
    sessions.read({ agent: 'Agent', session }, { limit, before })
  async function said(session: string, limit?: number, before?: number) {
    const { entries } = await read(session, limit, before)
    return entries.flatMap(({ $type, correlationId }) => ($type === 'request' ? [correlationId] : []))
  }
  const own = (session: string) => find(session).stored?.data.extensionData?.durableAgentFunctions
  return { say, accept, said, read, own, log, sessions, find }
}

type Message = Partial<RunOptions> & { readonly owner?: string; readonly said?: ChatMessage }

function toRequest(
  run: string,
  { owner, said = createTextMessage('user', run), ...options }: Message = {},
): RunRequest {
  return createRunRequest({ messages: [said], options: { enableToolCalls: true, ...options }, owner })
}

test('a session goes on from another one, and neither changes the other', async () => {
  const { say, said, read, own } = createSessions()
  await say('s', 'a')
  await say('s', 'b')
  expect(await say('t', 'c', { continues: { session: 's' } })).toBe('a,a,b,a,a,b,c')
  expect(await said('t')).toEqual(['a', 'b', 'c'])
  expect(await read('t')).toMatchObject({ messageCount: 3, olderBefore: undefined })
  expect(own('t')?.tokens, 'what the first one has spent is not spent here').toBe((own('s')?.tokens ?? 0) / 2)
  await say('s', 'd')
  await say('t', 'e')
  expect(await said('s')).toEqual(['a', 'b', 'd'])
  expect(await said('t')).toEqual(['a', 'b', 'c', 'e'])
})

test('it goes on from any run that counts', async () => {
  const { say, said } = createSessions()
  for (const run of ['a', 'b', 'c']) await say('s', run)
  expect(await say('t', 'd', { continues: { session: 's', run: 'a' } })).toBe('a,a,d')
  await say('t', 'e')
  expect(await say('u', 'f', { continues: { session: 't', run: 'd' } })).toBe('a,a,d,a,a,d,f')
  expect(await say('v', 'g', { continues: { session: 'u', run: 'a' } }), 'also from what was inherited').toBe(
    'a,a,g',
  )
  await say('s', 'b2', { replaces: 'b' })
  await expect(say('w', 'h', { continues: { session: 's', run: 'c' } })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await said('w')).toEqual([])
  expect(await say('w', 'h', { continues: { session: 's' } })).toBe('a,a,b2,a,a,b2,h')
})

test('what has left the state is inherited too, by page and for the model, and outlives the first session', async () => {
  const { say, said, read, own, sessions } = createSessions(({ messages }) => ({
    text: `${messages.length} ${long}`,
  }))
  for (const run of ['a', 'b', 'c', 'd', 'e']) await say('s', run)
  expect(await say('t', 'f', { continues: { session: 's' } })).toMatch(/^11 /)
  expect(own('t')).toMatchObject({ turn: 6, messageCount: 6, inherited: { run: 'f', turns: 5 } })
  await sessions.delete({ agent: 'Agent', session: 's' }, 1000)
  expect(await say('t', 'g')).toMatch(/^13 /)
  expect(await said('t')).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  const newest = await read('t', 3)
  expect(await said('t', 3)).toEqual(['e', 'f', 'g'])
  expect(await said('t', 3, newest.olderBefore)).toEqual(['b', 'c', 'd'])
  const older = await read('t', 3, newest.olderBefore)
  expect(await said('t', 3, older.olderBefore)).toEqual(['a'])
  expect((await read('t', 3, older.olderBefore)).olderBefore).toBeUndefined()
})

test('what was inherited can be taken back, in the state and before', async () => {
  const { say, said, own } = createSessions(({ messages }) => ({ text: `${messages.length} ${long}` }))
  for (const run of ['a', 'b', 'c', 'd']) await say('s', run)
  await say('t', 'e', { continues: { session: 's' } })
  expect(await say('t', 'f', { replaces: 'e' })).toMatch(/^9 /)
  expect(await say('t', 'g', { replaces: 'b' })).toMatch(/^3 /)
  expect(own('t')).toMatchObject({ messageCount: 2, takenBack: [[2, 6]] })
  expect(await said('t')).toEqual(['a', 'g'])
  expect(await say('t', 'b2', { replaces: 'b' }), 'also once more, like runs of its own').toMatch(/^3 /)
  await say('t', 'g2', { replaces: 'b2' })
  for (const run of ['h', 'i', 'j']) await say('t', run)
  expect(own('t')?.evictedTurn).toBeGreaterThan(6)
  expect(await say('t', 'k')).toMatch(/^11 /)
  expect(await said('t')).toEqual(['a', 'g2', 'h', 'i', 'j', 'k'])
})

/** Counts its visits in the session. */
const visits: ContextProvider = {
  name: 'visits',
  async beforeRun({ state }) {
    state.count = Number(state.count ?? 0) + 1
    return {}
  },
}

test('what providers keep goes along as it was then', async () => {
  const { say, own } = createSessions(echo, { contextProviders: [visits] })
  for (const run of ['a', 'b', 'c']) await say('s', run)
  await say('t', 'd', { continues: { session: 's', run: 'b' } })
  expect(own('t')?.state).toEqual({ visits: { count: 3 } })
  await say('t', 'e')
  await say('t', 'f', { replaces: 'd' })
  expect(own('t')?.state).toEqual({ visits: { count: 3 } })
  await say('t', 'g', { replaces: 'a' })
  expect(own('t')?.state, 'of turns that were inherited it is not known').toEqual({ visits: { count: 3 } })
})

test('a summary that holds goes along', async () => {
  const summarizer = new ScriptedModel(({ messages }) => ({ text: `summary of ${messages.length}` }))
  const compaction = summarize({ client: summarizer, keepTurns: 1, everyTurns: 1 })
  const { say, own } = createSessions(({ messages }) => ({ text: `${messages.length}` }), { compaction })
  await say('s', 'zero')
  await say('s', 'a', { replaces: 'zero' })
  for (const run of ['b', 'c', 'd']) await say('s', run)
  const { summary } = own('s') ?? {}
  const calls = summarizer.requests.length
  await say('t', 'e', { continues: { session: 's', run: 'c' } })
  expect([summary?.upToTurn, own('t')?.summary?.upToTurn]).toEqual([3, 2])
  expect(own('t')?.summary?.text).toBe(summary?.text)
  expect(summarizer.requests).toHaveLength(calls)
})

test('media go along, each once', async () => {
  const { say, log, sessions } = createSessions(({ messages }) => ({
    text: messages
      .flatMap(({ contents }) => contents.map((one) => (one.type === 'data' ? one.uri.length : one.type)))
      .join(','),
  }))
  const said: ChatMessage = { role: 'user', contents: [large] }
  await say('s', 'a', { said })
  await say('s', 'b', { said })
  expect(await say('t', 'c', { continues: { session: 's' } })).toBe('40022,text,40022,text,text')
  await sessions.delete({ agent: 'Agent', session: 's' }, 1000)
  expect(await say('t', 'd')).toBe('40022,text,40022,text,text,text,text')
  const { entries } = await sessions.read({ agent: 'Agent', session: 't' }, { limit: 50, before: undefined })
  const places = entries.flatMap(({ messages }) =>
    messages.flatMap(({ contents }) => contents.map(({ uri }) => parseAttachmentUri(String(uri)))),
  )
  expect(places.filter((place) => place !== undefined).map(({ run }) => run)).toEqual(['c', 'c'])
  expect(JSON.stringify(await log.read({ agent: 'Agent', session: 't', run: 'c' })).length).toBeLessThan(5000)
})

test('a conversation that is too large to be copied is refused, files or not', async () => {
  const { say, log } = createSessions(() => ({ text: 'ok' }), { maxContinuedBytes: 50_000 })
  const other = { ...large, uri: large.uri.replace('A', 'B') }
  const toMessage = (...contents: ChatMessage['contents']) => ({ said: { role: 'user' as const, contents } })
  await say('files', 'a', toMessage(large))
  await say('files', 'b', toMessage(large))
  expect(await say('t', 'c', { continues: { session: 'files' } })).toBe('ok')
  await say('files', 'd', toMessage(other))
  await say('text', 'e', toMessage({ type: 'text', text: 'é'.repeat(30_000) }))
  const refused = expect.objectContaining({
    code: 'payload_too_large',
    issues: [{ path: 'continues', message: expect.stringContaining('more than 50000 bytes') }],
  })
  for (const session of ['files', 'text']) {
    await expect(say('u', 'f', { continues: { session } })).rejects.toThrow(refused)
    expect(await log.session({ agent: 'Agent', session: 'u' })).toBeUndefined()
  }
  expect(await say('u', 'f', { continues: { session: 'files', run: 'b' } })).toBe('ok')
})

test('what was inherited can be taken back before the first run is stored, or has ended', async () => {
  const { say, said, find, accept } = createSessions()
  for (const run of ['a', 'b']) await say('s', run)
  await say('t', 'c', { continues: { session: 's' } })
  find('t').state = undefined
  expect(await say('t', 'd', { replaces: 'b' })).toBe('a,a,d')
  expect(await said('t')).toEqual(['a', 'd'])
  await accept('u', 'e', { continues: { session: 's' } })
  await accept('u', 'f', { replaces: 'b' })
  expect(await said('u')).toEqual(['a', 'f'])
  await find('u').operate('run', { correlationId: 'f' })
  expect(await said('u')).toEqual(['a', 'f'])
})

test('a run that began its session is not begun with it twice', async () => {
  const { say, said, find, own } = createSessions(echo, { contextProviders: [visits] })
  await say('s', 'a')
  await say('t', 'b', { continues: { session: 's' } })
  const after = own('t')
  find('t').state = undefined
  expect(await said('t'), 'its operation was cut off').toEqual(['a', 'b'])
  await find('t').operate('continue', { correlationId: 'b' })
  expect(own('t')).toEqual(after)
})

test('a message that waits for its turn shows what it goes on from', async () => {
  const { say, said, accept } = createSessions()
  await say('s', 'a')
  await accept('t', 'b', { continues: { session: 's' } })
  expect(await said('t')).toEqual(['a', 'b'])
})

test('after a reset nothing is inherited any more', async () => {
  const { say, said, find } = createSessions()
  await say('s', 'a')
  await say('t', 'b', { continues: { session: 's' } })
  await find('t').operate('reset', { id: 'r', before: 0 })
  expect(await say('t', 'c')).toBe('c')
  expect(await said('t')).toEqual(['c'])
})

test('only a new session goes on, and only from one of its owner', async () => {
  const { say, said, log, find } = createSessions()
  await say('s', 'a', { owner: 'ann' })
  await say('mine', 'x', { owner: 'bob' })
  await expect(say('mine', 'y', { owner: 'bob', continues: { session: 's' } })).rejects.toMatchObject({
    code: 'invalid_request',
  })
  await expect(say('s', 'y', { owner: 'bob', continues: { session: 'mine' } })).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(say('t', 'b', { owner: 'bob', continues: { session: 's' } })).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(say('t', 'b', { continues: { session: 'nowhere' } })).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(say('t', 'b', { owner: 'ann', continues: { session: 's', run: 'q' } })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await log.session({ agent: 'Agent', session: 't' })).toBeUndefined()
  await say('t', 'b', { owner: 'ann', continues: { session: 's' } })
  expect(await say('t', 'b', { owner: 'ann', continues: { session: 's' } }), 'sent again').toBe('a,a,b')
  const late = toRequest('late', { continues: { session: 's' }, owner: 'ann' })
  await log.create({ agent: 'Agent', session: 't', run: 'late' }, { ...late, inherited: '0'.repeat(64) })
  expect(await said('t')).toEqual(['a', 'b', 'late'])
  await find('t').operate('run', { correlationId: 'late' })
  expect((await log.read({ agent: 'Agent', session: 't', run: 'late' })).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { code: 'invalid_request' },
  })
  expect(await said('t')).toEqual(['a', 'b'])
})

test('an inherited conversation counts as long as its first run is kept', async () => {
  const { say, said, log } = createSessions(({ messages }) => ({ text: `${messages.length} ${long}` }))
  for (const run of ['a', 'b', 'c']) await say('s', run)
  await say('t', 'd', { continues: { session: 's' } })
  await log.deleteEndedRuns({ agent: 'Agent', session: 't' }, { acceptedBefore: Date.now() + 1, upToTurn: 9 })
  expect((await said('t')).length).toBeLessThan(4)
  expect(await say('t', 'e')).toMatch(/^[35] /)
})

test('states with what is inherited are stored and read', () => {
  const state = new AgentState()
  state.inherit({ turns: [] }, { run: 'a', digest: 'd' })
  const other = new AgentState()
  other.restoreState(JSON.parse(JSON.stringify(state.getState())))
  expect(other.own).toMatchObject({ turn: 0, inherited: { run: 'a', digest: 'd', turns: 0 } })
})
