import { expect, test } from 'vitest'
import { findEntryFiles, toGlobExpression } from '../../../src/host/loading/entry-files.js'
import { createTempApp } from '../../support/temp-app.js'

test.each([
  ['src/*.js', ['src/a.js'], ['src/x/a.js', 'src/a.ts', 'xsrc/a.js']],
  ['src/**/*.js', ['src/a.js', 'src/x/y/a.js'], ['a.js']],
  [
    'dist/src/{index,functions/*}.js',
    ['dist/src/index.js', 'dist/src/functions/a.js'],
    ['dist/src/other.js'],
  ],
  ['{a,b}/?.[cm]js', ['a/x.cjs', 'b/y.mjs'], ['c/x.cjs', 'a/xy.cjs']],
  ['[!a]+.js', ['b+.js'], ['a+.js', 'bb.js']],
])('pattern %s', (pattern, fitting, others) => {
  const expression = toGlobExpression(pattern)
  for (const path of fitting) expect(expression.test(path), path).toBe(true)
  for (const path of others) expect(expression.test(path), path).toBe(false)
})

test('finds files in name order, not in node_modules, and one file by its name', async () => {
  const app = await createTempApp({ 'b.js': '', 'a.js': '', 'node_modules/c.js': '', 'd/e.js': '' })
  expect(await findEntryFiles(app.root, '**/*.js')).toEqual(['a.js', 'b.js', 'd/e.js'])
  expect(await findEntryFiles(app.root, './d/e.js')).toEqual(['d/e.js'])
  expect(await findEntryFiles(app.root, 'd')).toEqual([])
  expect(await findEntryFiles(app.root, 'nowhere/*.js')).toEqual([])
  await app.remove()
})
