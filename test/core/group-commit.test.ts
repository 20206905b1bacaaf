import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, test, vi } from 'vitest'
import { GroupCommit } from '../../src/core/group-commit.js'

let database: DatabaseSync
let writes: GroupCommit
beforeEach(() => {
  database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE t (v INTEGER PRIMARY KEY) STRICT')
  writes = new GroupCommit(database)
})

const insert = (value: number) => () => database.prepare('INSERT INTO t VALUES (?)').run(value)
const values = () =>
  database
    .prepare('SELECT v FROM t ORDER BY v')
    .all()
    .map(({ v }) => v)

test('commits what arrives in one turn of the event loop together', async () => {
  const exec = vi.spyOn(database, 'exec')
  await Promise.all([1, 2, 3].map((value) => writes.run(insert(value))))
  expect(exec.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(1)
  expect(values()).toEqual([1, 2, 3])
})

test('undoes only the work that throws', async () => {
  const broken = writes.run(() => {
    insert(1)()
    throw new Error('no')
  })
  const [first, second] = await Promise.allSettled([broken, writes.run(insert(2))])
  expect(first).toMatchObject({ status: 'rejected' })
  expect(second).toMatchObject({ status: 'fulfilled' })
  expect(values()).toEqual([2])
})

test('a promise resolves only after its commit', async () => {
  const story: string[] = []
  vi.spyOn(database, 'exec').mockImplementation((sql) => {
    story.push(sql)
  })
  await writes.run(() => story.push('work'))
  story.push('resolved')
  expect(story).toEqual(['BEGIN IMMEDIATE', 'SAVEPOINT job', 'work', 'RELEASE job', 'COMMIT', 'resolved'])
})

test('a commit that fails rejects everything in it, and the next one goes on', async () => {
  vi.spyOn(database, 'exec').mockImplementationOnce(() => {
    throw new Error('disk full')
  })
  await expect(Promise.all([writes.run(insert(1)), writes.run(insert(2))])).rejects.toThrow('disk full')
  await writes.run(insert(3))
  expect(values()).toEqual([3])
})

test('goes on in order when commits are large', async () => {
  const order: number[] = []
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => writes.run(() => order.push(round * 10 + index))),
    )
  }
  expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index))
})
