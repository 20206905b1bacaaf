import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** An empty folder, which is removed when the test has ended; with `afterAll`, when those of the file have. */
export function createTempFolder(onEnd: (remove: () => void) => unknown = onTestFinished): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'test-')))
  onEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
