import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createSmallDisk,
  fillDisk,
  findImmutableObstacle,
  findMountObstacle,
  freezeFiles,
} from '../support/faults.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

interface DeepHealth {
  readonly status: string
  readonly checks: Readonly<
    Record<'run_log' | 'task_hub', { readonly status: string; readonly detail?: string }>
  >
}

let scene: RunScene

/** Nothing that cannot be written is promised: neither with 200, nor with 202, nor with a stream. */
async function expectRefusals(session: string, file: RegExp): Promise<void> {
  for (const fields of [{}, { waitForResponse: false }]) {
    const { status, body, headers } = await scene.api.run({ message: 'lost', sessionId: session, ...fields })
    expect([status, body.code]).toEqual([503, 'store_unavailable'])
    expect(body.detail).toMatch(file)
    expect(headers.get('x-ms-session-id')).toBe(session)
  }
  const stream = await scene.api.stream({ message: 'lost', sessionId: session })
  expect(stream.status).toBe(503)
}

async function readDeepHealth() {
  const { status: httpStatus, body } = await scene.api.call<DeepHealth>('/health?deep=true')
  return { httpStatus, ...body }
}

const hubFile = 'DurableAgents.taskhub.db'
const mountObstacle = findMountObstacle()

describe.skipIf(mountObstacle !== undefined)(`a disk that runs full${toReason(mountObstacle)}`, () => {
  let free: () => void

  beforeAll(async () => {
    scene = await RunScene.set(bed, { dataDir: await createSmallDisk(bed, 4) })
    await scene.api.run({ message: 'before', sessionId: 'talk' })
    const message = scene.book.add('Work', callTools(call('work', { id: 'a', gate: 'a' })))
    await scene.api.run({ message, sessionId: 'busy', correlationId: 'r', waitForResponse: false })
    await scene.waitForWork('a')
    await scene.openGate('b')
    free = await fillDisk(scene.dataDir)
  })

  test('refuses messages with 503 that names the file', async () => {
    await expectRefusals('talk', /runs\.db cannot be written: .*full/)
    await expectRefusals('new', /runs\.db cannot be written: .*full/)
  })

  test('shows in deep health and in the log, not in plain health', async () => {
    expect(await readDeepHealth()).toMatchObject({
      httpStatus: 503,
      checks: { run_log: { status: 'unhealthy', detail: expect.stringContaining('full') } },
    })
    expect((await scene.api.call('/health')).status).toBe(200)
    expect(scene.host.output()).toMatch(/runs\.db cannot be written: database or disk is full/)
  })

  test('leaves what is there readable', async () => {
    const { status, body } = await scene.api.state('talk')
    expect([status, body.message_count, body.last_response]).toEqual([200, 1, 'You said: before'])
    expect((await scene.api.state('new')).status).toBe(404)
  })

  test('once there is room again, what was refused can be sent again, and no trace of it is left', async () => {
    free()
    expect(await readDeepHealth()).toMatchObject({
      status: 'healthy',
      checks: { run_log: { status: 'healthy' } },
    })
    const { status, body } = await scene.api.run({ message: 'after', sessionId: 'talk' })
    expect([status, body.message_count]).toEqual([200, 2])
    expect(scene.model.stats().byKey).not.toHaveProperty('lost')
  })

  test('a run whose tool ends while there is no room goes on by itself when there is, and repeats no recorded step', async () => {
    const fillAgain = await fillDisk(scene.dataDir)
    // The gate cannot be made on the full disk: the other one, made before, is moved there.
    await scene.moveGate('b', 'a')
    await scene.host.waitForOutput(/session busy, run [\w-]+: The run log .* cannot be written/)
    fillAgain()
    expect(await scene.api.waitForOutcome('busy', 'r')).toMatchObject({
      response: 'Tools: a by work',
      message_count: 1,
    })
    expect(scene.model.stats().byKey.Work).toBe(2)
    const effects = (await scene.effects()).filter(({ id }) => id === 'a')
    expect(new Set(effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })
})

const immutableObstacle = findImmutableObstacle()

describe.skipIf(immutableObstacle !== undefined)(
  `files that cannot be written${toReason(immutableObstacle)}`,
  () => {
    let thaw: () => void

    beforeAll(async () => {
      scene = await RunScene.set(bed)
      await scene.api.run({ message: 'before', sessionId: 'talk' })
    })

    test('of the run log: 503 that names it, and deep health says so', async () => {
      thaw = freezeFiles(bed, scene.file('runs.db'), scene.file('runs.db-wal'))
      await expectRefusals('talk', /runs\.db cannot be written/)
      expect(await readDeepHealth()).toMatchObject({
        httpStatus: 503,
        checks: { run_log: { status: 'unhealthy' } },
      })
      expect((await scene.api.state('talk')).body.message_count).toBe(1)
    })

    test('of the run log: it goes on when they can', async () => {
      thaw()
      expect((await readDeepHealth()).status).toBe('healthy')
      const { body } = await scene.api.run({ message: 'after', sessionId: 'talk' })
      expect(body.message_count).toBe(2)
    })

    test('of the task hub: 503, and the same request finds its run when they can', async () => {
      thaw = freezeFiles(bed, scene.file(hubFile), scene.file(`${hubFile}-wal`))
      const request = { message: 'kept', sessionId: 'talk', correlationId: 'r' }
      for (const fields of [{}, { waitForResponse: false }]) {
        const { status, body } = await scene.api.run({ ...request, ...fields })
        expect([status, body.code]).toEqual([503, 'store_unavailable'])
        expect(body.detail).toMatch(/task hub/)
      }
      await expect
        .poll(readDeepHealth, { timeout: 10_000 })
        .toMatchObject({ httpStatus: 503, checks: { task_hub: { status: 'unhealthy' } } })
      thaw()
      expect((await scene.api.run(request)).body).toMatchObject({
        response: 'You said: kept',
        message_count: 3,
      })
      expect((await readDeepHealth()).status).toBe('healthy')
      expect(scene.model.stats().byKey.kept).toBe(1)
    })

    test.each([
      ['runs.db', /The run log \S+runs\.db cannot be opened: .*readonly/],
      [hubFile, /Cannot use the task hub file '\S+taskhub\.db': .*readonly/],
      ['', /Cannot use the task hub file '\S+taskhub\.db': /],
    ])(
      'at the start (%s): the host ends with an error that names the file and what to do, and starts when they can',
      async (name, error) => {
        await scene.host.stop()
        thaw = freezeFiles(bed, scene.file(name))
        const { code, output } = await scene.failToStart()
        thaw()
        expect(code).not.toBe(0)
        expect(output).toMatch(error)
        expect(output).toMatch(/Free its disk, let this user write .*, or choose another folder/)
        await scene.restart()
        expect((await scene.api.state('talk')).body.message_count).toBe(3)
      },
    )
  },
)

/** Why tests are skipped is told by their names: they print nothing. */
function toReason(obstacle: string | undefined): string {
  return obstacle === undefined ? '' : ` (skipped: ${obstacle})`
}
