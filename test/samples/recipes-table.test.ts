import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const files = readdirSync(join(root, 'samples/recipes')).filter((name) => name.endsWith('.ts'))
const rows = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))

test('each recipe in the table leads to its sample, and each sample stands in the table', () => {
  const linked = rows.map(([, recipe, , , sample]) => {
    const [, name = '', file = ''] = /^\[(.+)\]\(\.\.\/samples\/recipes\/(.+)\)$/.exec(sample ?? '') ?? []
    expect(file).toBe(`${name}.ts`)
    expect(Number(file.slice(0, 2)), recipe).toBe(Number.parseInt(recipe ?? '', 10))
    return file
  })
  expect([...linked].sort()).toEqual([...files].sort())
  const numbers = linked.map((file) => Number(file.slice(0, 2)))
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  expect(new Set(numbers)).toEqual(new Set(Array.from({ length: 23 }, (_, index) => index + 1)))
})

test('samples are short, and import the package by its name', () => {
  for (const file of files) {
    const text = readFileSync(join(root, 'samples/recipes', file), 'utf8')
    expect(text.split('\n').length, file).toBeLessThan(65)
    expect(text, file).toMatch(/from 'durable-agent-functions(\/[a-z-]+)?'/)
    expect(text, file).not.toMatch(/from '\.\.?\//)
  }
})
