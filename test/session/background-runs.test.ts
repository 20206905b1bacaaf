import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { ChatClient } from '../../src/model/chat-client.js'
import { withRetry } from '../../src/model/with-retry.js'
import type { RunLog } from '../../src/run/run-log.js'
import { sweep } from '../../src/session/watchdog/sweep.js'
import { ScriptedModel, VirtualClock } from '../../src/testing/index.js'
import { readInput, start } from '../model/openai/responses-kit.js'
import type { ResponsesServer, ResponsesServerOptions } from '../support/responses-server.js'
import { EntityKit } from './entity-kit.js'
import { ask, key } from './session-kit.js'

/** Machines that run tests are busy. */
const patiently = { timeout: 20_000 }

const text = 'Space and time are one, and bend.'
const run = { ...key, run: 'a' }
const limits = { parkAfterMs: 60_000, hardEndMs: 120_000 }

interface Scene {
  readonly server: ResponsesServer
  readonly client: ChatClient
  readonly log: RunLog
}

async function begin(script: ResponsesServerOptions['script']): Promise<Scene> {
  const log = new MemoryRunLog()
  await ask(log, 'a', 'Explain relativity.')
  return { ...(await start(script)), log }
}

/** The session's entity in a process of its own. */
function createEntity(
  { client, log }: Scene,
  clock?: VirtualClock,
  options: Partial<AgentOptions> = {},
): EntityKit {
  const agent = new Agent({ name: 'Agent', client, modelSettings: { background: true }, ...options })
  return new EntityKit({ agent, log, limits, clock })
}

/** Begins the run, and lets the operation's time run out as soon as the provider is at work. */
async function beginAndPark({ log }: Scene, entity: EntityKit, clock: VirtualClock, waiting = 'a') {
  const operation = entity.operate('run', { correlationId: 'a' })
  const atWork = expect.objectContaining({ type: 'step.continued' })
  await expect.poll(() => log.read({ ...key, run: waiting }), patiently).toContainEqual(atWork)
  clock.advanceTo(clock.now() + limits.parkAfterMs)
  await operation
}

/** An agent that asks another one, whose model works in the background. */
async function beginAsking() {
  const scene = await begin((_body, number) => {
    if (number === 1) return { calls: [{ name: 'expert', arguments: { query: 'Explain.' } }] }
    return number === 2 ? { text: 'It bends.', holdAfterEvents: 8 } : { text }
  })
  const { client, log } = scene
  const expert = new Agent({ name: 'Expert', client, modelSettings: { background: true } })
  const asked = expert.asTool({ name: 'expert' })
  const agent = new Agent({ name: 'Agent', client, tools: [asked] })
  const clock = new VirtualClock()
  return { scene, entity: new EntityKit({ agent, log, limits, clock }), clock }
}

async function typesOf({ log }: Scene): Promise<string[]> {
  return (await log.read(run)).map(({ type }) => type).filter((type) => !type.endsWith('.delta'))
}

async function lastOf({ log }: Scene) {
  return (await log.read(run)).at(-1)
}

test('an answer in the background is recorded as such before it is waited for', async () => {
  const scene = await begin([{ text }])
  await createEntity(scene).operate('run', { correlationId: 'a' })
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: text } })
  expect(await typesOf(scene)).toEqual([
    'run.accepted',
    'run.started',
    'step.continued',
    'step.completed',
    'run.completed',
  ])
})

test('a process that dies meanwhile costs nothing: the next one comes back to the same response', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }])
  // It is never heard of again: the next one fences it off.
  const dying = createEntity(scene).operate('run', { correlationId: 'a' })
  await expect
    .poll(() => scene.log.read(run))
    .toContainEqual(expect.objectContaining({ type: 'message.delta' }))
  const resumed = createEntity(scene).operate('continue', { correlationId: 'a' })
  await expect.poll(() => scene.server.visits.length, patiently).toBe(1)
  scene.server.release()
  await Promise.all([resumed, dying])
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: text } })
  expect(scene.server.requests).toHaveLength(1)
  expect(scene.server.visits).toEqual(['GET /v1/responses/resp_1?stream=true'])
  const events = await scene.log.read(run)
  const valid = events.slice(events.findLastIndex(({ type }) => type === 'step.reset'))
  const said = valid.flatMap((event) => (event.type === 'message.delta' ? [event.data.text] : []))
  expect(said.join('')).toBe(text)
})

test('an answer that outlasts the operation parks the run, which is looked after until it is there', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }])
  const clock = new VirtualClock()
  const entity = createEntity(scene, clock)
  await beginAndPark(scene, entity, clock)
  expect(await lastOf(scene)).toMatchObject({
    type: 'run.parked',
    data: { reason: 'background', until: expect.any(String) },
  })
  expect(entity.signals).toEqual([])
  const now = clock.now()
  expect(await scene.log.stalled({ before: 0, now, limit: 9 })).toEqual([])
  expect(await scene.log.stalled({ before: 0, now: now + 31_000, limit: 9 })).toEqual([run])
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(scene)).toMatchObject({ type: 'run.parked', data: { reason: 'background' } })
  scene.server.release()
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: text } })
  expect(scene.server.requests).toHaveLength(1)
  expect(scene.server.visits).toEqual(Array(2).fill('GET /v1/responses/resp_1'))
})

test('the time that a model takes in the background counts', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }])
  const clock = new VirtualClock()
  const log = new MemoryRunLog({ clock })
  await ask(log, 'a', 'Explain relativity.')
  const timed = { ...scene, log }
  const entity = createEntity(timed, clock, { runTimeoutMs: 120_000 })
  await beginAndPark(timed, entity, clock)
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(timed)).toMatchObject({ type: 'run.parked', data: { reason: 'background' } })
  clock.advanceTo(clock.now() + 61_000)
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(timed)).toMatchObject({ type: 'run.failed', data: { code: 'budget_exhausted' } })
  expect(scene.server.visits.at(-1)).toBe('POST /v1/responses/resp_1/cancel')
})

test('whoever cancels the run ends the response too, while it is followed or parked', async () => {
  const followed = await begin([{ text, holdAfterEvents: 8 }])
  const operation = createEntity(followed).operate('run', { correlationId: 'a' })
  await expect.poll(() => typesOf(followed), patiently).toContain('step.continued')
  await followed.log.control(run, { type: 'cancel', reason: 'enough' })
  await operation
  const parked = await begin([{ text, holdAfterEvents: 8 }])
  const clock = new VirtualClock()
  const entity = createEntity(parked, clock)
  await beginAndPark(parked, entity, clock)
  await parked.log.control(run, { type: 'cancel', reason: 'enough' })
  await entity.operate('continue', { correlationId: 'a' })
  for (const scene of [followed, parked]) {
    expect(await lastOf(scene)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
    expect(scene.server.visits).toEqual(['POST /v1/responses/resp_1/cancel'])
  }
})

test('whoever cancels a run ends what is made for agents that work for it too, and their runs', async () => {
  for (const isParked of [true, false]) {
    const { scene, entity, clock } = await beginAsking()
    if (isParked) await beginAndPark(scene, entity, clock, 'a/call_1_0')
    const operation = isParked ? Promise.resolve() : entity.operate('run', { correlationId: 'a' })
    const inner = { ...key, run: 'a/call_1_0' }
    const atWork = expect.objectContaining({ type: 'step.continued' })
    await expect.poll(() => scene.log.read(inner), patiently).toContainEqual(atWork)
    await scene.log.control(run, { type: 'cancel', reason: 'enough' })
    await operation
    if (isParked) await entity.operate('continue', { correlationId: 'a' })
    expect(await lastOf(scene)).toMatchObject({ type: 'run.cancelled' })
    expect((await scene.log.read(inner)).at(-1)).toMatchObject({ type: 'run.cancelled' })
    expect(scene.server.visits).toEqual(['POST /v1/responses/resp_2/cancel'])
  }
})

test('a session that is deleted takes what is made for it in the background along, also for agents that work for it', async () => {
  const own = await begin([{ text, holdAfterEvents: 8 }])
  const clock = new VirtualClock()
  const entity = createEntity(own, clock)
  await beginAndPark(own, entity, clock)
  await entity.operate('delete')
  expect(own.server.visits).toEqual(['POST /v1/responses/resp_1/cancel'])
  const { scene, entity: asking, clock: other } = await beginAsking()
  await beginAndPark(scene, asking, other, 'a/call_1_0')
  await asking.operate('delete')
  expect(scene.server.visits).toEqual(['POST /v1/responses/resp_2/cancel'])
  expect(await scene.log.read(run)).toEqual([])
})

test('a run that is given up does not leave its provider at work', async () => {
  const { client, ...rest } = await begin(() => ({ text, holdAfterEvents: 8 }))
  const scene = { ...rest, client: withRetry(client, { sleep: async () => {} }) }
  const dying = createEntity(scene).operate('run', { correlationId: 'a' })
  await expect.poll(() => typesOf(scene), patiently).toContain('step.continued')
  const agent = new Agent({ name: 'Agent', client: scene.client })
  const times = { stallMs: 0, now: Date.now() + 60_000, sessionTtlMs: undefined, runRetentionMs: undefined }
  const report = await sweep({
    log: scene.log,
    agents: [agent],
    signal: async () => {},
    maxAttempts: 1,
    ...times,
  })
  await dying
  expect(report.givenUp).toBe(1)
  expect(scene.server.visits).toContain('POST /v1/responses/resp_1/cancel')
  expect(scene.server.requests).toHaveLength(1)
})

test('a response that the provider has lost is recorded as lost', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }])
  const clock = new VirtualClock()
  const entity = createEntity(scene, clock)
  await beginAndPark(scene, entity, clock)
  scene.server.forget()
  await entity.operate('continue', { correlationId: 'a' })
  const continued = (await scene.log.read(run)).filter(({ type }) => type === 'step.continued')
  expect(continued.map(({ data }) => data)).toEqual([{ step: 0, token: expect.any(String) }, { step: 0 }])
  expect(await lastOf(scene)).toMatchObject({ type: 'run.failed', data: { code: 'model_error' } })
})

test('a lost response is asked for anew where calls are repeated', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }, { text: 'It bends.' }])
  const clock = new VirtualClock()
  const client = withRetry(scene.client, { sleep: async () => {} })
  const entity = createEntity({ ...scene, client }, clock)
  await beginAndPark(scene, entity, clock)
  scene.server.forget()
  scene.server.release()
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(scene)).toMatchObject({ type: 'run.parked', data: { reason: 'background' } })
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: 'It bends.' } })
  expect(scene.server.requests).toHaveLength(2)
})

test('a message that comes to steer joins only after an answer that was being made', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }, { text: 'It bends.' }])
  const clock = new VirtualClock()
  const entity = createEntity(scene, clock)
  await beginAndPark(scene, entity, clock)
  await ask(scene.log, 'b', 'Shorter')
  await scene.log.control(run, { type: 'steer', run: 'b', messages: [createTextMessage('user', 'Shorter')] })
  scene.server.release()
  await entity.operate('continue', { correlationId: 'a' })
  const types = await typesOf(scene)
  expect(types.indexOf('run.steered')).toBeGreaterThan(types.indexOf('step.completed'))
  expect(readInput(scene.server).map(({ type, role }) => role ?? type)).toEqual(['user', 'assistant', 'user'])
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: 'It bends.' } })
})

test('an agent whose model has no background any more asks it anew', async () => {
  const scene = await begin([{ text, holdAfterEvents: 8 }])
  const clock = new VirtualClock()
  await beginAndPark(scene, createEntity(scene, clock), clock)
  const client = new ScriptedModel([{ text: 'It bends.' }])
  await createEntity({ ...scene, client }, clock).operate('continue', { correlationId: 'a' })
  expect(client.requests[0]?.continuation).toBeUndefined()
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: 'It bends.' } })
})

test('an agent that works for another one parks it with itself', async () => {
  const { scene, entity, clock } = await beginAsking()
  await beginAndPark(scene, entity, clock, 'a/call_1_0')
  expect(await lastOf(scene)).toMatchObject({ type: 'run.parked', data: { reason: 'background' } })
  scene.server.release()
  await entity.operate('continue', { correlationId: 'a' })
  expect(await lastOf(scene)).toMatchObject({ type: 'run.completed', data: { response: text } })
  expect(scene.server.requests).toHaveLength(3)
})

/** What is awaited until it is opened. */
function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** A provider that says a first word, if any, and which answer it has begun, only when it is let to, however early it is told to stop. */
async function beginLate(word?: string) {
  const [speaking, naming] = [createGate(), createGate()]
  const cancelled: string[] = []
  const client: ChatClient = {
    model: 'late',
    async *stream() {
      yield { type: 'continuation', token: 'begun' }
      await speaking.opened
      if (word !== undefined) yield { type: 'text', text: word }
      await naming.opened
      yield { type: 'continuation', token: 'named' }
    },
    async cancel(token) {
      cancelled.push(token)
    },
  }
  const log = new MemoryRunLog()
  await ask(log, 'a')
  const entity = new EntityKit({ agent: new Agent({ name: 'Agent', client }), log, limits })
  const operation = entity.operate('run', { correlationId: 'a' })
  const begun = expect.objectContaining({ type: 'step.continued' })
  await expect.poll(() => log.read(run), patiently).toContainEqual(begun)
  return { log, operation, cancelled, speak: speaking.open, name: naming.open }
}

test('an answer that is named only when its run has been cancelled is cancelled then', async () => {
  const { log, operation, cancelled, speak, name } = await beginLate()
  await log.control(run, { type: 'cancel', reason: 'enough' })
  await operation
  expect((await log.read(run)).at(-1)).toMatchObject({ type: 'run.cancelled' })
  expect(cancelled).toEqual(['begun'])
  speak()
  name()
  await expect.poll(() => cancelled, patiently).toEqual(['begun', 'named'])
})

test('an answer that is named when another executor has its run is left to that one', async () => {
  const { log, operation, cancelled, speak, name } = await beginLate('Well')
  const events = await log.read(run)
  const started = { epoch: 2, attempt: 2, turn: 1, executor: 'other' }
  await log.append(run, events.length, [{ type: 'run.started', data: started }])
  speak()
  await operation
  expect((await log.read(run)).at(-1), 'it was fenced off').toMatchObject({ data: started })
  name()
  await nextTurn()
  expect(cancelled).toEqual([])
})
