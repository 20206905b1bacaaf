import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const sources = globSync('src/**/*.ts', { cwd: root })

test('the files that docs/inside.md names exist', () => {
  const text = readFileSync(join(root, 'docs/inside.md'), 'utf8')
  const named = [...text.matchAll(/`((?:src|test)\/[^`]+|[\w/-]+\.ts)`/g)].map(([, path = '']) => path)
  const missing = named.filter(
    (path) => !existsSync(join(root, path)) && !sources.some((source) => source.endsWith(`/${path}`)),
  )
  expect(missing).toEqual([])
  expect(named.length).toBeGreaterThan(8)
})
