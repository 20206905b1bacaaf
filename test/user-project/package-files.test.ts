import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

test('what the README links to comes with the package', () => {
  const { files } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { files: string[] }
  const readme = readFileSync(resolve(root, 'README.md'), 'utf8')
  const linked = [...readme.matchAll(/\]\(([^:)#]+)/g)].map(([, path = '']) => path)
  expect(linked.length).toBeGreaterThan(20)
  expect(linked.filter((path) => !files.some((kept) => path.startsWith(`${kept}/`)))).toEqual([])
})
