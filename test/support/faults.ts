import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestBed } from './start-app.js'

/** Why this machine does not let tests do something; `undefined` when it does. */
export type Obstacle = string | undefined

/** Whether small file systems can be mounted: it takes root, and a sandbox may forbid it. */
export function findMountObstacle(): Obstacle {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-try-'))
  return tryOut(
    'mount',
    () => {
      mountTmpfs(folder, 1)
      execFileSync('umount', [folder])
    },
    () => rmSync(folder, { recursive: true }),
  )
}

/** Whether files can be made immutable, also for root: it takes root, and a file system that knows the flag. */
export function findImmutableObstacle(): Obstacle {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-try-'))
  const file = join(folder, 'file')
  return tryOut(
    'chattr',
    () => {
      writeFileSync(file, '')
      execFileSync('chattr', ['+i', file], { stdio: 'pipe' })
      execFileSync('chattr', ['-i', file], { stdio: 'pipe' })
    },
    () => rmSync(folder, { recursive: true }),
  )
}

function tryOut(what: string, attempt: () => void, clean: () => void): Obstacle {
  try {
    attempt()
    return undefined
  } catch (error) {
    return `${what}: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    clean()
  }
}

/** A folder on a file system of its own that can run full; gone when the bed ends. */
export async function createSmallDisk(bed: TestBed, megabytes: number): Promise<string> {
  const folder = await bed.createFolder()
  mountTmpfs(folder, megabytes)
  bed.atEnd(() => execFileSync('umount', ['-l', folder]))
  return folder
}

function mountTmpfs(folder: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
}

/** Fills a disk to its last byte; gives back what frees it. */
export async function fillDisk(folder: string): Promise<() => void> {
  const path = join(folder, 'filler')
  const file = await open(path, 'w')
  try {
    for (let size = 1 << 20; size >= 1; size = size >> 1) {
      while (await canWrite(file, size)) {}
    }
  } finally {
    await file.close()
  }
  return () => rmSync(path)
}

async function canWrite(file: Awaited<ReturnType<typeof open>>, size: number): Promise<boolean> {
  try {
    const { bytesWritten } = await file.write(Buffer.alloc(size))
    return bytesWritten === size
  } catch {
    return false
  }
}

/** Makes files unwritable, even for those who have them open already; gives back what ends that. */
export function freezeFiles(bed: TestBed, ...files: readonly string[]): () => void {
  const set = (flag: string) => execFileSync('chattr', [flag, ...files], { stdio: 'pipe' })
  set('+i')
  let frozen = true
  const thaw = () => {
    if (frozen) set('-i')
    frozen = false
  }
  bed.atEnd(thaw)
  return thaw
}
