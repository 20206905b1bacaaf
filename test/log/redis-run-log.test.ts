import { afterAll } from 'vitest'
import { RedisRunLog } from '../../src/log/redis-run-log.js'
import { describeRunLog } from '../contract/run-log-contract.js'
import { startRedisServer } from '../support/redis-server.js'

const server = await startRedisServer()
afterAll(() => server.stop())

describeRunLog('Redis', async () => new RedisRunLog({ url: server.url }))
