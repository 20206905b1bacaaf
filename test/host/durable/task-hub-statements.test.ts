import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { prepareStatements } from '../../../src/host/durable/task-hub-statements.js'

/** `SQLITE_BUSY_RECOVERY`: another process repairs the file. */
const busy = Object.assign(new Error('database is locked'), { errcode: 261 })

/** A connection whose statements fail in this order before they answer. */
function createDatabase(...failures: readonly Error[]) {
  const story: string[] = []
  const remaining = [...failures]
  const attempt = (answer: unknown) => () => {
    story.push('read')
    const failure = remaining.shift()
    if (failure !== undefined) throw failure
    return answer
  }
  const database = {
    prepare: () => ({ get: attempt({ v: 1 }), all: attempt([{ v: 1 }]) }),
    exec: (sql: string) => void story.push(sql),
  }
  return { sql: prepareStatements(database as unknown as DatabaseSync, { values: 'SELECT' }), story }
}

test.each(['get', 'all'] as const)(
  '%s lets SQLite wait while the file is locked, and only then',
  (method) => {
    const { sql, story } = createDatabase(busy)
    expect(sql.values[method]()).toBeDefined()
    expect(sql.values[method]()).toBeDefined()
    const waiting = ['PRAGMA busy_timeout = 5000', 'read', 'PRAGMA busy_timeout = 0']
    expect(story).toEqual(['read', ...waiting, 'read'])
  },
)

test('a file that stays locked is told, and the next write does not block', () => {
  const { sql, story } = createDatabase(busy, busy)
  expect(() => sql.values.get()).toThrow('locked')
  expect(story.at(-1)).toBe('PRAGMA busy_timeout = 0')
})

test('any other failure is told at once', () => {
  const { sql, story } = createDatabase(new Error('database disk image is malformed'))
  expect(() => sql.values.get()).toThrow('malformed')
  expect(story).toEqual(['read'])
})
