import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(repository, path), 'utf8')

test('npm start and the command run Node with the same flags, which set no limit to the heap', () => {
  const [firstLine = ''] = read('src/cli/main.ts').split('\n')
  const flags = firstLine.replace('#!/usr/bin/env -S node ', '')
  expect(read('package.json')).toContain(`node ${flags} dist/src/cli/main.js start`)
  expect(flags).not.toMatch(/old-space|heap-size/)
})
