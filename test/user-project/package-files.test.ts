import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }

function listMissing(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !files.some((kept) => path === kept || path.startsWith(`${kept}/`)))
}

test('what the README and the docs link to comes with the package', () => {
  const linked = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^:)#]+)/g)].map(([, path = '']) =>
      join(dirname(page), path),
    ),
  )
  expect(linked.length).toBeGreaterThan(100)
  expect(listMissing(linked)).toEqual([])
})

test('what a project of its own copies from the package comes with it', () => {
  const [, names = ''] =
    /cp node_modules\/durable-agent-functions\/\{(.*)\} \./.exec(
      readFileSync(join(root, 'docs/app.md'), 'utf8'),
    ) ?? []
  expect(names.split(',')).toContain('host.json')
  expect(listMissing(names.split(','))).toEqual([])
})
