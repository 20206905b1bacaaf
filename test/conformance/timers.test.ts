import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'

const root = join(import.meta.dirname, '../fixtures/apps/timers')

/** What the app noted about one run, or about a step of it. */
interface Effect {
  readonly name: string
  readonly pid: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly step?: string
  readonly timer?: {
    readonly isPastDue: boolean
    readonly schedule: unknown
    readonly scheduleStatus: unknown
  }
  readonly retryContext?: { readonly retryCount: number; readonly exception?: { readonly message?: string } }
}

interface Site {
  readonly dataDir: string
  start(): Promise<SpawnedHost>
  /** Effects of one function, in order. */
  effects(name: string): readonly Effect[]
  /** Waits for so many of them. */
  waitFor(name: string, count: number): Promise<readonly Effect[]>
  remove(): void
}

/** A folder that the hosts of one test share. */
function createSite(): Site {
  const dataDir = mkdtempSync(join(tmpdir(), 'timers-'))
  const file = join(dataDir, 'effects')
  const env = { EFFECTS: file, NEW_YEAR: '0 0 0 1 1 *', WEBSITE_TIME_ZONE: 'Europe/Berlin' }
  writeFileSync(file, '')
  const effects = (name: string): readonly Effect[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line): Effect => JSON.parse(line))
      .filter((effect) => effect.name === name)
  return {
    dataDir,
    start: () => spawnHost({ root, dataDir, env }),
    effects,
    waitFor: (name, count) => until(() => (effects(name).length >= count ? effects(name) : false)),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

/** Makes the host find that a timer was last run `hours` ago, and has missed all full hours since. */
function writeStatus(dataDir: string, name: string, hours: number): void {
  const hourMs = 3_600_000
  const last = Date.now() - hours * hourMs
  const next = (Math.floor(last / hourMs) + 1) * hourMs
  const [lastText, nextText] = [last, next].map((time) => new Date(time).toISOString())
  mkdirSync(join(dataDir, 'timers'))
  const status = { last: lastText, next: nextText, lastUpdated: lastText }
  writeFileSync(join(dataDir, 'timers', `${name}.json`), JSON.stringify(status))
}

describe('one host', () => {
  const site = createSite()
  let host: SpawnedHost

  beforeAll(async () => {
    writeStatus(site.dataDir, 'late', 5)
    host = await site.start()
  })
  afterAll(async () => {
    await host.stop('SIGKILL')
    site.remove()
  })

  test('118. runs by the schedule, without a status and without overlaps', async () => {
    const effects = await site.waitFor('slow', 5)
    expect(effects.slice(0, 5).map(({ step }) => step)).toEqual(['start', 'end', 'start', 'end', 'start'])
    expect(effects[0]?.timer).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: null,
      isPastDue: false,
    })
    const ticks = await site.waitFor('tick', 3)
    const seconds = ticks.map(({ at }) => Math.floor(at / 1000))
    expect(new Set(seconds).size).toBe(seconds.length)
  })

  test('119. makes up once for what was missed, and says so', async () => {
    const [first] = await site.waitFor('late', 1)
    expect(first?.timer).toMatchObject({
      isPastDue: true,
      scheduleStatus: { last: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+0[12]:00$/) },
    })
    expect(host.output()).toContain("Function 'late' is past due on startup. Executing now.")
    expect(site.effects('late').filter(({ timer }) => timer?.isPastDue)).toHaveLength(1)
  })

  test('121. retries a failed run, and tells each attempt which it is', async () => {
    const attempts = await site.waitFor('failing', 3)
    const context = (retryCount: number) =>
      expect.objectContaining({
        retryCount,
        maxRetryCount: 2,
        exception: expect.objectContaining({ message: expect.stringContaining('out of order') }),
      })
    expect(attempts.map(({ retryContext }) => retryContext)).toEqual([
      { retryCount: 0, maxRetryCount: 2 },
      context(1),
      context(2),
    ])
  })

  test('46. POST admin/functions/{timer} runs it once, at once', async () => {
    const answer = await fetch(`${host.url}/admin/functions/byHand`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"input":""}',
    })
    expect(answer.status).toBe(202)
    const [run] = await site.waitFor('byHand', 1)
    expect(run?.timer).toMatchObject({
      isPastDue: false,
      scheduleStatus: { last: '0001-01-01T00:00:00+00:00' },
    })
  })

  test('a function with an unusable schedule is listed as failed, and the others run', async () => {
    const message =
      "The schedule expression '0 0 25 * * *' was not recognized as a valid cron expression or timespan string. 25 is higher"
    expect(host.output()).toContain(`The 'broken' function is in error: ${message}`)
    expect(host.output()).not.toContain('\tbroken:')
    expect(host.output()).toContain('\ttick: timerTrigger\n')
    expect(host.output()).not.toContain('not run')
    const status = await fetch(`${host.url}/admin/functions/broken/status`)
    expect(await status.json()).toEqual({ errors: [expect.stringContaining(message)] })
  })

  test('schedules mean the time zone of WEBSITE_TIME_ZONE, and may come from a setting', () => {
    expect(host.output()).toMatch(
      /Function 'byHand' is due next at \d{4}-01-01T00:00:00\+01:00 \(Europe\/Berlin\), schedule '0 0 0 1 1 \*'\./,
    )
  })

  test('a stop lets the run under way end, and begins no other', async () => {
    const count = site.effects('slow').length
    await until(() => site.effects('slow').length > count && site.effects('slow').at(-1)?.step === 'start')
    expect(await host.stop('SIGTERM')).toBe(0)
    expect(site.effects('slow').at(-1)?.step).toBe('end')
    expect(site.effects('failing')).toHaveLength(3)
    expect(site.effects('byHand')).toHaveLength(1)
    expect(site.effects('broken')).toEqual([])
  })
})

test('of two hosts on one data folder one runs a timer; when it is killed, the other takes over', async () => {
  const site = createSite()
  onTestFinished(() => site.remove())
  const start = async (): Promise<SpawnedHost> => {
    const host = await site.start()
    onTestFinished(async () => void (await host.stop('SIGKILL')))
    return host
  }
  const first = await start()
  const second = await start()
  expect(second.output()).toContain("Function 'tick' is run by another host process on this data folder.")
  const before = await site.waitFor('tick', site.effects('tick').length + 2)
  expect(new Set(before.map(({ pid }) => pid))).toEqual(new Set([first.pid]))

  await first.stop('SIGKILL')
  await until(() => site.effects('tick').at(-1)?.pid === second.pid)
  const seconds = site.effects('tick').map(({ at }) => Math.floor(at / 1000))
  expect(new Set(seconds).size).toBe(seconds.length)
})
