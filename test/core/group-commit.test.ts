import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { GroupCommit } from '../../src/core/group-commit.js'
import { prepareTransactions, type Transactions } from '../../src/core/transactions.js'
import { createTempFolder } from '../support/temp-folder.js'

let database: DatabaseSync
let transactions: Transactions
let writes: GroupCommit
beforeEach(() => {
  database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE t (v INTEGER PRIMARY KEY) STRICT')
  transactions = prepareTransactions(database)
  writes = new GroupCommit(transactions)
})

const insert = (value: number) => () => database.prepare('INSERT INTO t VALUES (?)').run(value)
const values = () =>
  database
    .prepare('SELECT v FROM t ORDER BY v')
    .all()
    .map(({ v }) => v)

test('commits what arrives in one turn of the event loop together', async () => {
  const commit = vi.spyOn(transactions, 'commit')
  await Promise.all([1, 2, 3].map((value) => writes.run(insert(value))))
  expect(commit).toHaveBeenCalledTimes(1)
  expect(values()).toEqual([1, 2, 3])
})

test('work that comes alone is committed before the event loop goes on, work after a busy turn at its end', async () => {
  const story: string[] = []
  const note = (name: string) => () => void story.push(name)
  const commitBesideATurn = async () => {
    const turn = nextTurn().then(note('turn'))
    await Promise.all([writes.run(insert(values().length)).then(note('commit')), turn])
  }
  await commitBesideATurn()
  await Promise.all([writes.run(insert(10)), writes.run(insert(11))])
  await commitBesideATurn()
  expect(story).toEqual(['commit', 'turn', 'turn', 'commit'])
})

test('whoever asks whether all is on disk shares the flush of the last commit, unless it failed', async () => {
  const { flush, pending } = createDisk()
  const durable = new GroupCommit(transactions, { flush })
  await durable.run(insert(1), { lazy: true })
  const first = durable.settled()
  expect(durable.settled()).toBe(first)
  pending[0]?.fail(new Error('input/output error'))
  await expect(first).rejects.toThrow('input/output error')
  void durable.settled()
  expect(pending).toHaveLength(2)
  await durable.run(insert(2), { lazy: true })
  void durable.settled()
  expect(pending).toHaveLength(3)
})

/** A disk whose flushes end when the test says so. */
function createDisk() {
  const pending: { end(): void; fail(reason: Error): void }[] = []
  const flush = () =>
    new Promise<void>((end, fail) => {
      pending.push({ end, fail })
    })
  return { flush, pending }
}

test('work is done when the disk has it; lazy work when it is committed', async () => {
  const { flush, pending } = createDisk()
  const durable = new GroupCommit(transactions, { flush })
  const story: string[] = []
  const note = (name: string) => () => story.push(name)
  const first = durable.run(insert(1)).then(note('flushed'))
  await durable.run(insert(2), { lazy: true }).then(note('committed'))
  await durable.run(insert(3), { lazy: true }).then(note('committed'))
  expect(pending).toHaveLength(1)
  expect(values()).toEqual([1, 2, 3])
  pending[0]?.end()
  await first
  expect(story).toEqual(['committed', 'committed', 'flushed'])
})

test('work that the disk did not take is refused with the reason', async () => {
  const { flush, pending } = createDisk()
  const durable = new GroupCommit(transactions, { flush })
  const written = durable.run(insert(1))
  await durable.run(insert(2), { lazy: true })
  pending[0]?.fail(new Error('input/output error'))
  await expect(written).rejects.toThrow('input/output error')
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

test('undoes work that is alone in its commit and throws', async () => {
  const broken = writes.run(() => {
    insert(1)()
    throw new Error('no')
  })
  await expect(broken).rejects.toThrow('no')
  await writes.run(insert(2))
  expect(values()).toEqual([2])
})

/** The names of the transactions' methods, as they are called. */
function recordCalls(): string[] {
  const story: string[] = []
  const names = ['begin', 'commit', 'rollback', 'beginPart', 'endPart', 'undoPart'] as const
  for (const name of names) vi.spyOn(transactions, name).mockImplementation(() => void story.push(name))
  return story
}

test('a promise resolves only after its commit', async () => {
  const story = recordCalls()
  await writes.run(() => story.push('work'))
  story.push('resolved')
  expect(story).toEqual(['begin', 'work', 'commit', 'resolved'])
})

test('works that share a commit are parts of it', async () => {
  const story = recordCalls()
  await Promise.all(['first', 'second'].map((name) => writes.run(() => story.push(name))))
  const parts = ['beginPart', 'first', 'endPart', 'beginPart', 'second', 'endPart']
  expect(story).toEqual(['begin', ...parts, 'commit'])
})

test('a commit that fails rejects everything in it, and the next one goes on', async () => {
  vi.spyOn(transactions, 'commit').mockImplementationOnce(() => {
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

test('a full disk rejects the whole commit with that reason, and the next one goes on', async () => {
  database.exec('CREATE TABLE texts (text TEXT); PRAGMA max_page_count = 5')
  const fill = () => database.prepare('INSERT INTO texts VALUES (?)').run('x'.repeat(1e6))
  const results = await Promise.allSettled([writes.run(insert(1)), writes.run(fill), writes.run(insert(2))])
  const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'stored'))
  expect(reasons).toEqual(Array(3).fill(expect.stringContaining('database or disk is full')))
  await writes.run(insert(3))
  expect(values()).toEqual([3])
})

test('an eager one commits at the end of the turn also after a large commit', async () => {
  const eager = new GroupCommit(transactions, { eager: true })
  await Promise.all([1, 2, 3, 4, 5].map((value) => eager.run(insert(value))))
  const late = new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('late'))))
  await expect(Promise.race([eager.run(() => 'in time'), late])).resolves.toBe('in time')
})

/** Two connections to one file, the first of which never blocks while the second writes. */
function openShared() {
  const folder = createTempFolder()
  const [mine, other] = [1, 2].map(() => new DatabaseSync(join(folder, 'x.db'))) as [
    DatabaseSync,
    DatabaseSync,
  ]
  onTestFinished(() => {
    mine.close()
    other.close()
  })
  mine.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = WAL; CREATE TABLE t (v TEXT)')
  const write = (value: string) => () => mine.prepare('INSERT INTO t VALUES (?)').run(value)
  const read = () =>
    mine
      .prepare('SELECT v FROM t')
      .all()
      .map(({ v }) => v)
  return { mine, other, write, read }
}

test('work waits for another connection that writes, in order and without blocking the event loop', async () => {
  const { mine, other, write, read } = openShared()
  const shared = new GroupCommit(prepareTransactions(mine))
  other.exec('BEGIN IMMEDIATE')
  const first = shared.run(write('a'))
  await new Promise((resolve) => setTimeout(resolve, 10))
  const second = shared.run(write('b'))
  expect(read()).toEqual([])
  other.exec('COMMIT')
  await Promise.all([first, second])
  expect(read()).toEqual(['a', 'b'])
})

test('work does not wait for another connection for ever', async () => {
  const { mine, other, write, read } = openShared()
  const impatient = new GroupCommit(prepareTransactions(mine), { lockWaitMs: 5 })
  other.exec('BEGIN IMMEDIATE')
  await expect(impatient.run(write('a'))).rejects.toThrow('locked')
  other.exec('COMMIT')
  await impatient.run(write('b'))
  expect(read()).toEqual(['b'])
})

test('every wait for another connection is as long as the first, also after one that was given up', async () => {
  const { mine, other, write, read } = openShared()
  const shared = new GroupCommit(prepareTransactions(mine))
  const now = performance.now.bind(performance)
  let passedMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs)
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const writeWhileLocked = async (value: string) => {
    const written = shared.run(write(value))
    await new Promise((resolve) => setTimeout(resolve, 5))
    other.exec('COMMIT')
    await written
    passedMs += 60_000
  }
  other.exec('BEGIN IMMEDIATE')
  const givenUp = shared.run(write('a'))
  await nextTurn()
  passedMs += 60_000
  await expect(givenUp).rejects.toThrow('locked')
  await writeWhileLocked('b')
  other.exec('BEGIN IMMEDIATE')
  await writeWhileLocked('c')
  expect(read()).toEqual(['b', 'c'])
})
