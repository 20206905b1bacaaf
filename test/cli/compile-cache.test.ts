import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { createTempFolder } from '../support/temp-folder.js'

const sources = resolve(import.meta.dirname, '../../dist/src')
let folder: string

beforeEach(() => {
  folder = createTempFolder()
})

/** Loads some of the sources in a process of its own. */
function load(environment: NodeJS.ProcessEnv = {}): void {
  const [cache, some] = ['cli/compile-cache.js', 'core/json.js'].map((file) => join(sources, file))
  const code = `import { useCompileCache } from '${cache}'
    useCompileCache(${JSON.stringify(folder)})
    await import('${some}')`
  const env = { ...process.env, ...environment }
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { env })
  expect([status, String(stderr)]).toEqual([0, ''])
}

test('what was compiled is kept beside the packages for the next start', () => {
  mkdirSync(join(folder, 'node_modules'))
  load()
  const kept = join(folder, 'node_modules/.cache/durable-agent-functions')
  expect(readdirSync(kept, { recursive: true }).length).toBeGreaterThan(1)
})

test('where there are no packages, or Node is told not to, nothing is kept', () => {
  load()
  expect(readdirSync(folder)).toEqual([])
  mkdirSync(join(folder, 'node_modules'))
  load({ NODE_DISABLE_COMPILE_CACHE: '1' })
  expect(existsSync(join(folder, 'node_modules/.cache'))).toBe(false)
})
