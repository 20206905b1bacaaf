import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { type Disk, WriteAheadLog } from '../../src/core/write-ahead-log.js'
import { createTempFolder } from '../support/temp-folder.js'

/** A disk that tells what it was asked for; each flush that blocks takes `takesMs`. */
class SlowDisk implements Disk {
  readonly calls: string[] = []
  takesMs = 0
  time = 0
  /** How the path of a deleted file ends. */
  deleted: string | undefined

  now(): number {
    return this.time
  }

  has(path: string): boolean {
    return this.deleted === undefined || !path.endsWith(this.deleted)
  }

  flushNow(): void {
    this.calls.push('now')
    this.time += this.takesMs
  }

  async flush(): Promise<void> {
    this.calls.push('later')
  }
}

function openFile(system?: Disk) {
  const folder = createTempFolder()
  const path = join(folder, 'x.db')
  const database = new DatabaseSync(path)
  const disk = new WriteAheadLog(path, system && { blocks: true, disk: system })
  onTestFinished(() => {
    disk.close()
    database.close()
  })
  const useLog = () => database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (v TEXT)')
  return { disk, useLog }
}

test('a quick disk is waited for, unless several want it at a time', async () => {
  const system = new SlowDisk()
  const { disk, useLog } = openFile(system)
  useLog()
  await disk.flush()
  system.time += 5
  await Promise.all([disk.flush(), disk.flush()])
  expect(system.calls).toEqual(['now', 'now', 'later'])
})

test('a slow disk is left to another thread, and tried again after a while', async () => {
  const system = new SlowDisk()
  const { disk, useLog } = openFile(system)
  useLog()
  system.takesMs = 3
  for (let count = 0; count < 3; count++) {
    await disk.flush()
    system.time += 50
  }
  expect(system.calls).toEqual(['now', 'later', 'later'])
  system.time += 200
  await disk.flush()
  expect(system.calls.at(-1)).toBe('now')
})

test('calls during a flush share the one after it, as theirs may have come too late for the first', async () => {
  const { disk, useLog } = openFile()
  useLog()
  await disk.flush()
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

test.each(['x.db', 'x.db-wal'])(
  '%s, once somebody has deleted it, is not written in vain for longer than a second',
  async (name) => {
    const system = new SlowDisk()
    const { disk, useLog } = openFile(system)
    useLog()
    await disk.flush()
    system.deleted = name
    system.time += 1000
    await expect(disk.flush()).rejects.toThrow(`${name} was deleted while this process was using it`)
    await expect(Promise.all([disk.flush(), disk.flush()])).rejects.toThrow('start the process again')
    system.deleted = undefined
    await disk.flush()
  },
)
