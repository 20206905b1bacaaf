import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { createTempFolder } from '../support/temp-folder.js'

/** A folder in which the apps under test write what they do, a line per effect; removed after the file's tests. */
export interface EffectsFolder {
  readonly path: string
  /** Effects so far, in order, also those of processes that are gone. */
  read(): string[]
  /** Forgets the effects so far. */
  clear(): void
  /** Makes effects of this name wait. */
  hold(name: string): void
  /** Lets them go on. */
  release(name: string): void
}

export function createEffectsFolder(): EffectsFolder {
  const path = createTempFolder(afterAll)
  writeFileSync(join(path, 'effects'), '')
  return {
    path,
    read: () => readFileSync(join(path, 'effects'), 'utf8').split('\n').slice(0, -1),
    clear: () => writeFileSync(join(path, 'effects'), ''),
    hold: (name) => writeFileSync(join(path, `hold-${name}`), ''),
    release: (name) => rmSync(join(path, `hold-${name}`), { force: true }),
  }
}
