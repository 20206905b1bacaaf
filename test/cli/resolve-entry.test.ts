import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveEntry } from '../../src/cli/resolve-entry.js'
import { parseStartArgs } from '../../src/cli/start-args.js'
import { createTempApp, type TempApp } from '../support/temp-app.js'

let app: TempApp

beforeAll(async () => {
  app = await createTempApp({
    'samples/built/app.ts': '',
    'dist/samples/built/app.js': '',
    'samples/plain/index.mjs': '',
    'own/host.json': {},
    'one.ts': '',
    'dist/two.js': '',
    'two.ts': '',
    'empty/readme.md': '',
  })
})
afterAll(() => app.remove())

test.each([
  [undefined, undefined],
  ['samples/built', join('dist', 'samples/built/app.js')],
  ['samples/plain', 'samples/plain/index.mjs'],
  ['one.ts', 'one.ts'],
  ['two.ts', join('dist', 'two.js')],
])('entry %s is %s', (entry, main) => {
  expect(resolveEntry(app.root, entry)).toEqual({ root: app.root, main })
})

test('a folder with a host.json is an app of its own', () => {
  expect(resolveEntry(app.root, 'own')).toEqual({ root: join(app.root, 'own'), main: undefined })
})

test.each(['nowhere', 'empty'])('refuses %s, where no entry is', (entry) => {
  expect(() => resolveEntry(app.root, entry)).toThrow(`No entry found for '${entry}'`)
})

test('refuses a root that is no folder', () => {
  const file = join(app.root, 'one.ts')
  for (const root of [file, join(app.root, 'away')])
    expect(() => resolveEntry(root, undefined)).toThrow(`There is no folder '${root}'.`)
})

test('reads arguments in any order, and refuses what does not fit', () => {
  const parsed = parseStartArgs(['-p', '0', 'app.js', '--lease-ms', '700', '--root', app.root])
  expect(parsed).toMatchObject({ port: 0, entry: 'app.js', leaseMs: 700, root: app.root, data: undefined })
  expect(() => parseStartArgs(['a', 'b'])).toThrow('start takes one entry, not 2: a b')
  for (const port of ['x', '-1', '65536', '1.5', ''])
    expect(() => parseStartArgs([`--port=${port}`])).toThrow('--port')
})
