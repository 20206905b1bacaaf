import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createFlowClient, type FlowClient } from '../host/durable/flow-client.js'
import { until } from '../host/durable/kit.js'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempFolder } from '../support/temp-folder.js'
import { createEffectsFolder } from './effects-folder.js'

const root = join(import.meta.dirname, '../fixtures/apps/orchestrations')
const effects = createEffectsFolder()
const size = 1000
const sumOfSquares = ((size - 1) * size * (2 * size - 1)) / 6

interface Running {
  readonly host: SpawnedHost
  readonly flows: FlowClient
}

/** @param parallel How many activities a host runs at a time. */
function createSite(parallel: number): () => Promise<Running> {
  const dataDir = createTempFolder()
  return async () => {
    const env = {
      EFFECTS_DIR: effects.path,
      // A line per invocation would say little and cost much.
      AzureFunctionsJobHost__logging__logLevel__default: 'Warning',
      AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: String(parallel),
    }
    const host = await spawnHost({ root, dataDir, env })
    onTestFinished(async () => void (await host.stop('SIGKILL')))
    return { host, flows: createFlowClient(host) }
  }
}

/** Waits for so many more runs of activities than before, at random. False when none is left to be killed in. */
async function waitForRuns(atMost: number): Promise<boolean> {
  const wanted = effects.read().length + 1 + Math.floor(Math.random() * atMost)
  return until(() => {
    const done = new Set(effects.read().map((effect) => effect.split(' ')[0])).size
    if (done === size) return 'all'
    return effects.read().length >= wanted
  }).then((found) => found !== 'all')
}

/** Each task has one result, of a run of its own, and the orchestrator saw exactly those. */
async function expectEachOnce(flows: FlowClient, id: string): Promise<void> {
  const { output, runtimeStatus } = await flows.end(id)
  expect(runtimeStatus).toBe('Completed')
  const { sum, runs } = output as { sum: number; runs: string[] }
  expect(sum).toBe(sumOfSquares)
  expect(new Set(runs).size).toBe(size)
  const noted = new Set(effects.read())
  expect(runs.filter((run, n) => !noted.has(`${n} ${run}`))).toEqual([])

  const { historyEvents = [] } = await flows.status(id, 'showHistory=true&showHistoryOutput=true')
  const results = historyEvents.flatMap(({ EventType, Result }) =>
    EventType === 'TaskCompleted' ? (Result as { run: string }).run : [],
  )
  expect(results.sort()).toEqual([...runs].sort())
}

test('a thousand parallel activities end right although the host is killed again and again', async () => {
  effects.clear()
  const start = createSite(20)
  let { host, flows } = await start()
  const id = await flows.start('squares', size)
  for (let kills = 0; kills < 5; kills += 1) {
    expect(await waitForRuns(160)).toBe(true)
    await host.stop('SIGKILL')
    ;({ host, flows } = await start())
  }
  await expectEachOnce(flows, id)
}, 120_000)

test('they end right with two hosts on one folder, of which now the one and now the other is killed', async () => {
  effects.clear()
  const start = createSite(2)
  const hosts = [await start(), await start()] as [Running, Running]
  const id = await hosts[0].flows.start('squares', size)
  let kills = 0
  for (; kills < 5 && (await waitForRuns(100)); kills += 1) {
    const victim = kills % 2 === 0 ? 0 : 1
    await hosts[victim].host.stop('SIGKILL')
    hosts[victim] = await start()
  }
  expect(kills).toBeGreaterThan(1)
  await expectEachOnce(hosts[1].flows, id)
}, 120_000)
