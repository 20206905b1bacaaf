import { SocketClosedUnexpectedlyError } from 'redis'
import { expect, test } from 'vitest'
import { RedisConnection } from '../../../src/log/redis/connection.js'
import { redisScripts } from '../../../src/log/redis/scripts.js'

/** A connection to a server that answers every script with this, or on which every script fails. */
function connect(answer: string | Error): RedisConnection {
  const refuse = () => Promise.reject(answer instanceof Error ? answer : new Error(answer))
  const nothing = async () => undefined
  const client = {
    isOpen: true,
    connect: nothing,
    duplicate: () => client,
    destroy: () => undefined,
    eval: refuse,
    evalSha: refuse,
    subscribe: nothing,
    unsubscribe: nothing,
    on: () => undefined,
  }
  return new RedisConnection({ client })
}

test.each([
  'LOADING Redis is loading the dataset in memory',
  "READONLY You can't write against a read only replica.",
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'CLUSTERDOWN The cluster is down',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'NOREPLICAS Not enough good replicas to write.',
  'BUSY Redis is busy running a script.',
  'MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk.',
  "OOM command not allowed when used memory > 'maxmemory'.",
  'ERR max number of clients reached',
  "ERR Error running script (call to f_0123abcd): @user_script:2: @user_script: 2: -OOM command not allowed when used memory > 'maxmemory'.",
])(
  'what a server answers while it restarts, fails over or is out of order for a while may pass: %s',
  async (answer) => {
    const failure = connect(answer).run(redisScripts.probe, ['key'], ['value'])
    await expect(failure).rejects.toMatchObject({ code: 'store_unavailable', retryable: true })
  },
)

test.each([
  'WRONGPASS invalid username-password pair or user is disabled.',
  'NOPERM this user has no permissions to run the evalsha command',
  'ERR unknown command',
])('what somebody has to mend does not pass: %s', async (answer) => {
  const failure = connect(answer).run(redisScripts.probe, ['key'], ['value'])
  await expect(failure).rejects.toMatchObject({ code: 'store_unavailable', retryable: false })
})

test('what went wrong on the way is named as the client calls it', async () => {
  const failure = connect(new SocketClosedUnexpectedlyError()).run(redisScripts.probe, ['key'], ['value'])
  await expect(failure).rejects.toThrow('cannot be used (SocketClosedUnexpectedlyError). Check the address')
})
