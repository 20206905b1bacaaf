import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')

/** The names that Node 22 finds in this CommonJS package when an ES module imports them; Node 24 finds all. */
const names = ['app', 'input', 'output', 'trigger']

/** What a file imports by name, types aside. */
function findNames(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8')
  const imports = text.matchAll(/^import (?!type)[^;'{]*\{([^}]*)\} from '@azure\/functions'/gm)
  const listed = [...imports].flatMap(([, list = '']) => list.split(','))
  return listed.map((name) => name.trim()).filter((name) => name !== '' && !name.startsWith('type '))
}

function listFiles(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(repository, folder, file)),
  )
}

test('of @azure/functions only what Node 22 finds is imported by name', () => {
  const found = new Set(listFiles('src', 'samples').flatMap(findNames))
  expect(found).toContain('app')
  expect([...found].filter((name) => !names.includes(name))).toEqual([])
})

test('no statement of SQLite has numbered parameters, to which older Nodes bind nothing by position', () => {
  const numbered = listFiles('src').filter((file) => /\?\d/.test(readFileSync(file, 'utf8')))
  expect(numbered).toEqual([])
})
