import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { WriteAheadLog } from '../../src/core/write-ahead-log.js'

function openFile() {
  const folder = mkdtempSync(join(tmpdir(), 'wal-'))
  const path = join(folder, 'x.db')
  const database = new DatabaseSync(path)
  const disk = new WriteAheadLog(path)
  onTestFinished(() => {
    disk.close()
    database.close()
    rmSync(folder, { recursive: true })
  })
  const useLog = () => database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (v TEXT)')
  return { disk, useLog }
}

test('calls during a flush share the one after it, as theirs may have come too late for the first', async () => {
  const { disk, useLog } = openFile()
  useLog()
  const first = disk.flush()
  const [second, third] = [disk.flush(), disk.flush()]
  expect(second).not.toBe(first)
  expect(third).toBe(second)
  await Promise.all([first, second])
  expect(disk.flush()).not.toBe(second)
})

test('a flush that fails rejects, and the next one tries again', async () => {
  const { disk, useLog } = openFile()
  await expect(disk.flush()).rejects.toThrow('x.db-wal')
  useLog()
  await disk.flush()
})
