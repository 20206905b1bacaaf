import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { GroupCommit } from '../../src/core/group-commit.js'

function openCounted() {
  const folder = mkdtempSync(join(tmpdir(), 'group-commit-'))
  const file = join(folder, 'x.db')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE lines (text TEXT)')
  const reader = new DatabaseSync(file)
  onTestFinished(() => {
    close()
    reader.close()
    rmSync(folder, { recursive: true })
  })
  let isOpen = true
  const close = () => {
    if (isOpen) database.close()
    isOpen = false
  }
  let commits = 0
  const commit = new GroupCommit({
    exec(sql) {
      database.exec(sql)
      if (sql === 'COMMIT') commits += 1
    },
  })
  const write = (text: string) => () => {
    database.prepare('INSERT INTO lines VALUES (?)').run(text)
    return text
  }
  /** What another connection sees, that is, what is committed. */
  const read = () =>
    reader
      .prepare('SELECT text FROM lines')
      .all()
      .map((row) => row.text)
  return { database, close, commit, write, read, commits: () => commits }
}

test('work of one turn is committed together, in order, and is there when its promise resolves', async () => {
  const { commit, write, read, commits } = openCounted()
  const first = commit.run(write('a')).then((text) => ({ text, seen: read() }))
  const second = commit.run(write('b'))
  expect(await first).toEqual({ text: 'a', seen: ['a', 'b'] })
  await second
  await commit.run(write('c'))
  expect(read()).toEqual(['a', 'b', 'c'])
  expect(commits()).toBe(2)
})

test('work that throws takes back only its own writes', async () => {
  const { commit, write, read } = openCounted()
  const results = await Promise.allSettled([
    commit.run(write('a')),
    commit.run(() => {
      write('b')()
      throw new Error('no')
    }),
    commit.run(write('c')),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(read()).toEqual(['a', 'c'])
})

test('a full disk rejects the whole group with that reason, and later work goes on', async () => {
  const { database, commit, write, read } = openCounted()
  database.exec('PRAGMA max_page_count = 5')
  const results = await Promise.allSettled([
    commit.run(write('a')),
    commit.run(write('x'.repeat(1e6))),
    commit.run(write('b')),
  ])
  const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'stored'))
  expect(reasons).toEqual(Array(3).fill(expect.stringContaining('database or disk is full')))
  expect(read()).toEqual([])
  await commit.run(write('later'))
  expect(read()).toEqual(['later'])
})

test('flush commits at once what waits', () => {
  const { commit, write, read } = openCounted()
  void commit.run(write('a'))
  commit.flush()
  expect(read()).toEqual(['a'])
})

test('work on a closed database is refused', async () => {
  const { close, commit, write } = openCounted()
  close()
  await expect(commit.run(write('a'))).rejects.toThrow('not open')
})
