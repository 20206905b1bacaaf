import { createClient } from 'redis'
import { afterAll, describe, expect, test } from 'vitest'
import { RedisRunLog } from '../../src/log/redis/redis-run-log.js'
import { crashEverywhere } from '../../src/testing/index.js'
import { seed } from '../support/crash-seed.js'
import { hasRedisServer, startRedisServer } from '../support/redis-server.js'
import { scenarios } from './scenarios.js'

const isSkipped = !hasRedisServer() && process.env.CI === undefined
if (isSkipped) process.stdout.write('Crashes are not tried on Redis: there is no redis-server on the PATH.\n')

describe.skipIf(isSkipped)('on a run log in Redis, nothing is lost and nothing done twice in', async () => {
  if (isSkipped) return
  const server = await startRedisServer()
  const client = await createClient({ url: server.url }).connect()
  let logs = 0
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  test.each(scenarios)('$title', { timeout: 90_000 }, async ({ scenario, options, crashPoints }) => {
    const report = await crashEverywhere(scenario, {
      ...options,
      log: (clock) => new RedisRunLog({ client, prefix: `log-${logs++}`, clock }),
      seed,
      sample: 0.02,
      pairs: 1,
      shuffles: 1,
    })
    expect(report.crashPoints).toBeGreaterThan(crashPoints)
  })
})
