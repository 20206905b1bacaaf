import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTextMessage } from '../../src/core/messages.js'
import { eventsPerRun } from '../../src/log/sqlite/schema.js'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import type { RunKey } from '../../src/run/run-log.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { withDatabase } from '../support/sqlite-files.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
})

/** Accepts a run as the HTTP route does, with the one difference that nobody signals its entity. */
async function loseSignal(key: RunKey, message: string): Promise<void> {
  const log = new SqliteRunLog({ path: scene.file() })
  const options = { enableToolCalls: true }
  await log.create(key, createRunRequest({ messages: [createTextMessage('user', message)], options }))
  await log.close()
}

/** Makes all runs and sessions look as if nobody had touched them for two minutes: the watchdog gives runs one. */
function letTimePass({ of = scene } = {}): void {
  withDatabase(of.file(), (database) => {
    for (const table of ['runs', 'sessions'])
      database.exec(`UPDATE ${table} SET updated_at = updated_at - 120000`)
    database.exec('UPDATE run_events SET at = at - 120000')
    // What follows a run that goes on takes one accepted at another time for another run.
    database.exec("UPDATE runs SET accepted_at = accepted_at - 120000 WHERE status = 'ended'")
  })
}

function toKey(session: string, run = 'r'): RunKey {
  return { agent: 'Assistant', session, run }
}

test('a run whose signal was lost is left alone at first, then found and answered', async () => {
  await loseSignal(toKey('lost'), 'Is anybody there?')
  await scene.runWatchdog()
  expect((await scene.api.outcome('lost', 'r')).body.status).toBe('accepted')
  letTimePass()
  await scene.runWatchdog()
  expect(await scene.api.waitForOutcome('lost', 'r')).toMatchObject({
    response: 'You said: Is anybody there?',
    message_count: 1,
  })
  await scene.host.waitForOutput(/Watchdog: 1 runs signalled again/)
})

test('runs whose signals were lost while the host was down are answered in their order', async () => {
  await scene.restart(async () => {
    for (const run of ['first', 'second', 'third']) await loseSignal(toKey('down', run), run)
    letTimePass()
  })
  await scene.runWatchdog()
  for (const [index, run] of ['first', 'second', 'third'].entries()) {
    expect(await scene.api.waitForOutcome('down', run)).toMatchObject({ message_count: index + 1 })
  }
})

test('a lost run is also found by the next message of its session, which is answered after it', async () => {
  await loseSignal(toKey('next'), 'first')
  const { body } = await scene.api.run({ message: 'second', sessionId: 'next' })
  expect(body).toMatchObject({ response: 'You said: second', message_count: 2 })
  expect((await scene.api.outcome('next', 'r')).body).toMatchObject({ response: 'You said: first' })
})

test('a run that is being worked on does not mind being signalled again', async () => {
  const message = scene.book.add('Work', callTools(call('work', { id: 'busy', gate: 'busy' })))
  const answer = scene.api.run({ message, sessionId: 'busy', correlationId: 'r' })
  await scene.waitForWork('busy')
  for (const _time of [1, 2, 3]) {
    letTimePass()
    await scene.runWatchdog()
  }
  await scene.openGate('busy')
  expect((await answer).body).toMatchObject({ response: 'Tools: busy by work', message_count: 1 })
  const { body } = await scene.api.run({ message: 'next', sessionId: 'busy' })
  expect(body.message_count).toBe(2)
  const events = await (await scene.api.events('busy', 'r')).end()
  expect(events.filter(({ type }) => type === 'run.started')).toHaveLength(1)
  expect(await scene.effectsOf('busy')).toEqual(['start work 1', 'end work 1'])
})

test('a run that brings its host down again and again is given up, and the session goes on', async () => {
  const message = scene.book.add('Poison', callTools(call('work', { id: 'poison', gate: 'never' })))
  await scene.api.run({ message, sessionId: 'poison', correlationId: 'r', waitForResponse: false })
  await scene.waitForWork('poison')
  // What ten crashes leave behind: their executions in the log, and no message that would lead to another one.
  await scene.restart(() => {
    const clear = 'DELETE FROM messages; DELETE FROM mailboxes'
    withDatabase(scene.file('DurableAgents.taskhub.db'), (database) => database.exec(clear))
    withDatabase(scene.file(), (database) => {
      database.exec(
        `UPDATE run_events SET data = json_set(data, '$.attempt', 10)
         WHERE type = 'run.started' AND id / ${eventsPerRun} = (SELECT id FROM runs WHERE session = 'poison')`,
      )
    })
    letTimePass()
  })
  await scene.runWatchdog()
  expect(await scene.api.waitForOutcome('poison', 'r')).toMatchObject({
    status: 'error',
    error: { code: 'internal', detail: expect.stringContaining('begun 10 times') },
  })
  const { status } = await scene.api.run({ message: 'next', sessionId: 'poison' })
  expect(status).toBe(200)
  expect(await scene.effectsOf('poison')).toEqual(['start work 1'])
})

test('a session that nobody uses is deleted after its time, and begins anew when somebody does', async () => {
  const short = await RunScene.set(bed, { env: { E2E_SESSION_TTL_MS: '100000' } })
  await short.api.run({ message: 'one', sessionId: 'idle', correlationId: 'r' })
  await short.runWatchdog()
  expect((await short.api.state('idle')).status).toBe(200)
  letTimePass({ of: short })
  await short.api.run({ message: 'one', sessionId: 'used' })
  await short.runWatchdog()
  await expect.poll(async () => (await short.api.state('idle')).status).toBe(404)
  expect((await short.api.outcome('idle', 'r')).status).toBe(404)
  expect((await short.api.state('used')).status).toBe(200)
  expect((await short.api.sessions()).body.sessions.map(({ sessionId }) => sessionId)).toEqual(['used'])
  const { body } = await short.api.run({ message: 'two', sessionId: 'idle' })
  expect(body.message_count).toBe(1)
})
