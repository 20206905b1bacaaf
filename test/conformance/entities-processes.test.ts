import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type AppClient, createAppClient } from '../host/durable/app-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, type SpawnHostOptions, spawnHost } from '../support/spawn-host.js'
import { createTempFolder } from '../support/temp-folder.js'

const root = join(import.meta.dirname, '../fixtures/apps/durable')

interface Site {
  start(options?: Partial<SpawnHostOptions>): Promise<{ host: SpawnedHost; api: AppClient }>
  /** Operations that have begun, in order, also those of processes that are gone. */
  effects(): string[]
  /** Lets operations of this name go on. */
  open(operation: string): void
}

/** A folder for a hub that the processes of one test share. */
function createSite(): Site {
  const dataDir = createTempFolder()
  writeFileSync(join(dataDir, 'effects'), '')
  return {
    start: async (options = {}) => {
      const env = { EFFECTS_DIR: dataDir, ...options.env }
      const host = await spawnHost({ root, dataDir, ...options, env })
      onTestFinished(async () => void (await host.stop('SIGKILL')))
      return { host, api: createAppClient(host) }
    },
    effects: () => readFileSync(join(dataDir, 'effects'), 'utf8').split('\n').slice(0, -1),
    open: (operation) => writeFileSync(join(dataDir, operation), ''),
  }
}

/** Takes far longer than any test, so that only another sign of death can explain a takeover. */
const longLease = ['--lease-ms', '3600000']

test('82. a batch cut off by a kill runs again as a whole after a restart, and counts once', async () => {
  const site = createSite()
  const first = await site.start({ args: longLease })
  await first.api.signal('Effects', 'k', 'hold-first')
  await until(() => site.effects().length === 1)
  for (const operation of ['a', 'hold-b', 'c']) await first.api.signal('Effects', 'k', operation)
  site.open('hold-first')
  await until(() => site.effects().includes('hold-b'))
  await first.host.stop('SIGKILL')

  site.open('hold-b')
  const second = await site.start({ args: longLease })
  expect(await second.api.readList('Effects', 'k', 4)).toEqual(['hold-first', 'a', 'hold-b', 'c'])
  expect(site.effects()).toEqual(['hold-first', 'a', 'hold-b', 'a', 'hold-b', 'c'])
  expect(await second.api.readList('Probe', 'told', 4)).toEqual(['hold-first', 'a', 'hold-b', 'c'])
})

test('a signal is on disk when it is answered: a kill right after that loses nothing', async () => {
  const site = createSite()
  const first = await site.start({ args: longLease })
  const url = `${first.host.url}/runtime/webhooks/durabletask/entities/Effects`
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => fetch(`${url}/k${n}?op=hold`, { method: 'POST' })),
  )
  await first.host.stop('SIGKILL')
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))

  site.open('hold')
  const second = await site.start({ args: longLease })
  for (let n = 0; n < 20; n += 1) expect(await second.api.readList('Effects', `k${n}`, 1)).toEqual(['hold'])
})

test('92. the order of signals outlives a restart in their middle', async () => {
  const site = createSite()
  const first = await site.start()
  for (let n = 0; n < 25; n += 1) await first.api.signal('Probe', 'k', 'note', n)
  expect(await first.host.stop('SIGTERM')).toBe(0)
  const second = await site.start()
  for (let n = 25; n < 50; n += 1) await second.api.signal('Probe', 'k', 'note', n)
  expect(await second.api.readList('Probe', 'k', 50)).toEqual(Array.from({ length: 50 }, (_, n) => n))
})

test('when a process is killed in a batch, another one that is there does the work', async () => {
  const site = createSite()
  const first = await site.start({ args: longLease })
  const second = await site.start({ args: longLease })
  await first.api.signal('Effects', 'k', 'hold')
  await until(() => site.effects().length === 1)
  await first.host.stop('SIGKILL')
  site.open('hold')
  expect(await second.api.readList('Effects', 'k', 1)).toEqual(['hold'])
  expect(site.effects()).toEqual(['hold', 'hold'])
})

test('a process frozen for longer than its lease is fenced off when it wakes', async () => {
  const site = createSite()
  const frozen = await site.start({ args: ['--lease-ms', '600'] })
  const other = await site.start({ args: ['--lease-ms', '600'] })
  await frozen.api.signal('Effects', 'k', 'hold')
  await until(() => site.effects().length === 1)
  process.kill(frozen.host.pid, 'SIGSTOP')
  await until(() => site.effects().length === 2)
  site.open('hold')
  expect(await other.api.readList('Effects', 'k', 1)).toEqual(['hold'])

  process.kill(frozen.host.pid, 'SIGCONT')
  await frozen.host.waitForOutput(/@effects@k: fenced off/)
  expect(await frozen.api.read('Effects', 'k')).toEqual({ exists: true, state: ['hold'] })
  expect(await frozen.api.readList('Probe', 'told', 1)).toEqual(['hold'])
  await frozen.api.signal('Effects', 'later', 'b')
  expect(await frozen.api.readList('Effects', 'later', 1)).toEqual(['b'])
})

test('78. two processes apply 200 signals to 20 shared entities once each, in the order of each sender', async () => {
  const site = createSite()
  const hosts = [await site.start(), await site.start()]
  const entities = Array.from({ length: 20 }, (_, n) => `e${n}`)
  await Promise.all(hosts.map(({ api }, n) => api.burst(`p${n}`, entities, 5)))
  for (const key of entities) {
    const notes = (await hosts[0]?.api.readList('Probe', key, 10)) as string[]
    expect(notes).toHaveLength(10)
    for (const sender of ['p0', 'p1']) {
      const own = notes.filter((note) => note.startsWith(sender))
      expect(own).toEqual(Array.from({ length: 5 }, (_, n) => `${sender} ${n}`))
    }
  }
})

test('83. when the time limit ends a batch, its state and signals are dropped and nothing runs again', async () => {
  const site = createSite()
  const env = { AzureFunctionsJobHost__functionTimeout: '00:00:01' }
  const { api, host } = await site.start({ env })
  await api.signal('Effects', 'k', 'before')
  await api.readList('Effects', 'k', 1)
  await api.signal('Effects', 'k', 'hold')
  await host.waitForOutput(/@effects@k: timed out, so its 1 operations end without effect/)
  await api.signal('Effects', 'k', 'after')
  expect(await api.readList('Effects', 'k', 2)).toEqual(['before', 'after'])
  expect(await api.readList('Probe', 'told', 2)).toEqual(['before', 'after'])
  expect(site.effects()).toEqual(['before', 'hold', 'after'])
})

test('94. a read during a long operation gives the state before it, at once', async () => {
  const site = createSite()
  const { api } = await site.start()
  await api.signal('Effects', 'k', 'before')
  await api.readList('Effects', 'k', 1)
  await api.signal('Effects', 'k', 'hold')
  await until(() => site.effects().includes('hold'))
  expect(await api.read('Effects', 'k')).toEqual({ exists: true, state: ['before'] })
  site.open('hold')
  expect(await api.readList('Effects', 'k', 2)).toEqual(['before', 'hold'])
})
