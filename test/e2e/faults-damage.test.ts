import { createHash } from 'node:crypto'
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { withDatabase } from '../support/sqlite-files.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const hubFile = 'DurableAgents.taskhub.db'
let scene: RunScene

// Every test leaves a host behind that serves, for the next one.
beforeAll(async () => {
  scene = await RunScene.set(bed)
})

let sessions = 0

/** A session in which something was said before. */
async function beginSession(): Promise<string> {
  sessions += 1
  const sessionId = `s${sessions}`
  await scene.api.run({ message: 'before', sessionId })
  return sessionId
}

function toHash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Overwrites a part of a file; gives back what repairs it. */
function garble(file: string, from: number, length: number): () => void {
  const whole = readFileSync(file)
  const damaged = Buffer.from(whole)
  damaged.fill('garbage ', from, Math.min(from + length, whole.length))
  writeFileSync(file, damaged)
  return () => writeFileSync(file, whole)
}

/** Brings all that is written into the database file itself, as its last user's leaving does. */
function settle(file: string): void {
  withDatabase(file, (database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
}

describe.each(['runs.db', hubFile])('%s with a head of garbage', (name) => {
  test('keeps the host from starting with an error that names it, is left as it is, and serves when repaired', async () => {
    const sessionId = await beginSession()
    await scene.host.stop('SIGKILL')
    const file = scene.file(name)
    settle(file)
    const repair = garble(file, 0, 100)
    const hash = toHash(file)
    const { code, output } = await scene.failToStart()
    expect(code).not.toBe(0)
    expect(output).toContain(file)
    expect(output).toMatch(/not a database/)
    expect(toHash(file)).toBe(hash)
    repair()
    await scene.restart()
    const { body } = await scene.api.run({ message: 'after', sessionId })
    expect(body).toMatchObject({ response: 'You said: after', message_count: 2 })
  })
})

describe('a run log with damaged pages', () => {
  let there: readonly string[]
  let repair: () => void

  beforeAll(async () => {
    there = [await beginSession(), await beginSession()]
    await scene.restart(() => {
      settle(scene.file())
      repair = garble(scene.file(), 4096, Number.MAX_SAFE_INTEGER)
    })
  })

  test('answers 503 that names the file to everybody who needs it, and never 200 or 202', async () => {
    const expectRefused = ({ status, body }: { status: number; body: unknown }) => {
      expect([status, body]).toMatchObject([503, { code: 'store_unavailable' }])
      expect((body as { readonly detail: string }).detail).toMatch(
        /runs\.db cannot be (read|written): .*malformed/,
      )
    }
    const [sessionId = ''] = there
    for (const waitForResponse of [true, false]) {
      expectRefused(await scene.api.run({ message: 'lost', sessionId, waitForResponse }))
      expectRefused(await scene.api.run({ message: 'lost', sessionId: 'new', waitForResponse }))
    }
    expectRefused(await scene.api.state(sessionId))
    expectRefused(await scene.api.outcome(sessionId, 'any'))
    expectRefused(await scene.api.cancel(sessionId, 'any'))
    expectRefused(await scene.api.sessions())
    expectRefused(await scene.api.decide(sessionId, 'any~x', { decision: 'approve' }))
    expectRefused(await scene.api.reset(sessionId))
    expectRefused(await scene.api.remove(sessionId))
  })

  test('leaves the host alive, and the models in peace', async () => {
    expect((await scene.api.call('/health')).status).toBe(200)
    expect(scene.model.stats().byKey).not.toHaveProperty('lost')
  })

  test('serves everything again when it is repaired', async () => {
    await scene.restart(repair)
    for (const sessionId of there) {
      const { body } = await scene.api.run({ message: 'after', sessionId })
      expect(body).toMatchObject({ response: 'You said: after', message_count: 2 })
    }
  })
})

describe('a session stored by a release that is not known', () => {
  const setVersion = (version: string) =>
    withDatabase(scene.file(hubFile), (database) =>
      database
        .prepare(
          "UPDATE entities SET state = json_set(state, '$.schemaVersion', ?) WHERE id = '@dafx-assistant@' || ?",
        )
        .run(version, sessionId),
    )
  const readStored = () =>
    withDatabase(scene.file(hubFile), (database) =>
      database.prepare("SELECT * FROM entities WHERE id = '@dafx-assistant@' || ?").get(sessionId),
    )
  let sessionId: string
  let other: string
  let stored: unknown

  beforeAll(async () => {
    sessionId = await beginSession()
    other = await beginSession()
    await scene.restart(() => setVersion('9.0.0'))
    stored = readStored()
  })

  test('is refused with an error that names both versions', async () => {
    const refused = {
      code: 'unsupported_state',
      detail: expect.stringMatching(/version 9\.0\.0; .* reads 1\.x/),
    }
    const run = await scene.api.run({ message: 'lost', sessionId, correlationId: 'r' })
    expect([run.status, run.body]).toMatchObject([500, refused])
    const state = await scene.api.state(sessionId)
    expect([state.status, state.body]).toMatchObject([500, refused])
    const reset = await scene.api.reset(sessionId)
    expect([reset.status, reset.body]).toMatchObject([500, refused])
    expect((await scene.api.outcome(sessionId, 'r')).body).toMatchObject({ status: 'error', error: refused })
    expect(scene.model.stats().byKey).not.toHaveProperty('lost')
  })

  test('stays as it was stored, to the byte', () => {
    expect((readStored() as { readonly state: string }).state).toBe(
      (stored as { readonly state: string }).state,
    )
  })

  test('does not keep other sessions from being served', async () => {
    const { body } = await scene.api.run({ message: 'after', sessionId: other })
    expect(body).toMatchObject({ response: 'You said: after', message_count: 2 })
  })

  test('goes on when the release is one that knows it', async () => {
    await scene.restart(() => setVersion('1.2.0'))
    const { body } = await scene.api.run({ message: 'after', sessionId })
    expect(body).toMatchObject({ response: 'You said: after', message_count: 2 })
    expect((await scene.api.state(sessionId)).body.conversation_history[0]?.content).toBe('before')
  })
})

describe.each(['runs.db-wal', `${hubFile}-wal`])('%s torn at its end while the host is down', (name) => {
  const tears: readonly (readonly [string, (file: string) => void])[] = [
    ['cut off within its last page', (file) => truncateSync(file, statSync(file).size - 1000)],
    ['with garbage in its last page', (file) => void garble(file, statSync(file).size - 1000, 500)],
    ['cut off within its last ten pages', (file) => truncateSync(file, statSync(file).size - 41_000)],
  ]

  test.each(tears)('%s: the run goes on from the last record that is whole', async (_how, tear) => {
    // So that the end of what is written next is the end of the file.
    settle(scene.file(name.replace('-wal', '')))
    const [sessionId] = [await beginSession(), await beginSession(), await beginSession()]
    const [id, correlationId] = [sessionId, 'r']
    const message = scene.book.add(`Work on ${id}`, callTools(call('work', { id, gate: id })))
    await scene.api.run({ message, sessionId, correlationId, waitForResponse: false })
    await scene.waitForWork(id)
    await scene.restart(() => tear(scene.file(name)))
    await scene.openGate(id)
    // What was torn away is asked for again, as its caller would.
    const { status, body } = await scene.api.run({ message, sessionId, correlationId })
    expect([status, body.response, body.message_count]).toEqual([200, `Tools: ${id} by work`, 2])
    const events = await (await scene.api.events(sessionId, correlationId)).end()
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
    expect(events.filter(({ type }) => type === 'run.completed')).toHaveLength(1)
    const { body: state } = await scene.api.state(sessionId)
    expect(state.conversation_history.map(({ content }) => content)).toEqual([
      'before',
      'You said: before',
      message,
      `Tools: ${id} by work`,
    ])
  })
})

test('a data folder that is deleted under a host has it refuse messages, and serve again once restarted', async () => {
  rmSync(scene.dataDir, { recursive: true })
  const send = (message: string) => scene.api.run({ message, sessionId: 'vanished' })
  // It looks once a second.
  await expect
    .poll(async () => (await send('vanished')).body.code, { timeout: 10_000 })
    .toBe('store_unavailable')
  await scene.host.waitForOutput(/\.db was deleted while this process was using it; start the process again/)
  expect((await scene.api.call('/health?deep=true')).status).toBe(503)
  await scene.restart()
  expect((await send('after')).body).toMatchObject({ response: 'You said: after', message_count: 1 })
})
