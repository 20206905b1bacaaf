import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** How many scenarios the host's specification has. */
const scenarioCount = 122

/** Titles begin with their numbers, in one test or in the rows of a table. */
const title = /(?:\btest\(|\]\)\(|\[)\s*['"`]((?:\d{1,3}\. )+)/g

function findNumbers(folder: string): readonly number[] {
  const path = join(import.meta.dirname, '..', folder)
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(path, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(title)].flatMap(([, numbers = '']) => numbers.match(/\d+/g) ?? []))
    .map(Number)
}

test('every scenario of the specification has a test that bears its number', () => {
  const found = new Set([...findNumbers('conformance'), ...findNumbers('host')])
  const all = Array.from({ length: scenarioCount }, (_, index) => index + 1)
  expect(all.filter((number) => !found.has(number))).toEqual([])
})
