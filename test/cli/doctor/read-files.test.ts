import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCompiled, readManifest } from '../../../src/cli/doctor/read-manifest.js'
import { readPackages } from '../../../src/cli/doctor/read-packages.js'
import { createTempFolder } from '../../support/temp-folder.js'

/** Files by path; what is no text is written as JSON. */
function write(files: Readonly<Record<string, unknown>>, root = createTempFolder()): string {
  for (const [path, content] of Object.entries(files)) {
    const target = join(root, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return root
}

test.each([
  [{}, { state: 'missing' }],
  [{ 'package.json': '{' }, { state: 'broken' }],
  [{ 'package.json': '[]' }, { state: 'read', main: undefined, devPackages: [] }],
  [
    { 'package.json': { main: 'a.js', devDependencies: { x: '1' } } },
    { state: 'read', main: 'a.js', devPackages: ['x'] },
  ],
])('the package.json of %j', (files, manifest) => {
  expect(readManifest(write(files))).toMatchObject(manifest)
})

describe('what was compiled', () => {
  const compilerOptions = { rootDir: 'src', outDir: 'dist' }
  const sources = { 'src/app.ts': '', 'src/a/b.mts': '', 'src/types.d.ts': '', 'src/unused.ts': '' }
  const made = { 'dist/app.js': '', 'dist/a/b.mjs': '' }
  const main = ['dist/app.js']

  test('is found by tsconfig.json, with its comments, and has its times', () => {
    const tsconfig = `{ // where\n "compilerOptions": ${JSON.stringify(compilerOptions)}, }`
    const root = write({ ...sources, ...made, 'tsconfig.json': tsconfig })
    utimesSync(join(root, 'src/app.ts'), 2000, 2000)
    utimesSync(join(root, 'dist/app.js'), 1000, 1000)
    const files = readCompiled(root, main)?.toSorted((a, b) => a.source.localeCompare(b.source))
    expect(files).toMatchObject([
      { source: 'src/a/b.mts', compiled: 'dist/a/b.mjs' },
      { source: 'src/app.ts', compiled: 'dist/app.js', changedMs: 2_000_000, compiledMs: 1_000_000 },
    ])
  })

  test('leaves out what is not the app', () => {
    const tsconfig = { compilerOptions: { rootDir: '.', outDir: 'dist' } }
    const others = {
      'node_modules/x/i.ts': '',
      'dist/node_modules/x/i.js': '',
      'dist/x.ts': '',
      'dist/dist/x.js': '',
    }
    const root = write({ 'app.ts': '', ...made, ...others, 'tsconfig.json': tsconfig })
    expect(readCompiled(root, main)?.map(({ source }) => source)).toEqual(['app.ts'])
  })

  test.each([
    ['without tsconfig.json', {}, main],
    ['with one that is broken', { 'tsconfig.json': '{' }, main],
    ['when it does not say where', { 'tsconfig.json': { compilerOptions: { outDir: 'dist' } } }, main],
    ['when a bundler makes the app elsewhere', { 'tsconfig.json': { compilerOptions } }, ['out/app.js']],
    [
      'when TypeScript only checks',
      { 'tsconfig.json': { compilerOptions: { ...compilerOptions, noEmit: true } } },
      main,
    ],
    [
      'when it keeps what is the same',
      { 'tsconfig.json': { compilerOptions: { ...compilerOptions, incremental: true } } },
      main,
    ],
    [
      'when it has kept what is the same',
      { 'tsconfig.json': { compilerOptions }, 'dist/.tsbuildinfo': '' },
      main,
    ],
  ])('cannot be told %s', (_name, files, mainFiles) => {
    expect(readCompiled(write({ ...sources, ...made, ...files }), mainFiles)).toBeUndefined()
  })
})

describe('packages', () => {
  const azure = '@azure/functions'
  const at = (folder: string, version: string) => ({ [`${folder}/package.json`]: { version } })

  test('are found where Node finds them, also above the app', () => {
    const root = write({
      ...at(`node_modules/${azure}`, '4.1.0'),
      ...at('app/node_modules/durable-functions', '3.0.0'),
    })
    const copies = readPackages(join(root, 'app'))
    expect(copies.get(azure)).toEqual([{ version: '4.1.0', folder: join(root, 'node_modules', azure) }])
    expect(copies.get('durable-functions')).toEqual([
      { version: '3.0.0', folder: 'node_modules/durable-functions' },
    ])
  })

  test('are found twice when another package brings its own, by a link too', () => {
    const far = write({ ...at('lib', '1.0.0'), ...at(`lib/node_modules/${azure}`, '4.2.0') })
    const root = write(at(`node_modules/${azure}`, '4.1.0'))
    symlinkSync(join(far, 'lib'), join(root, 'node_modules/durable-agent-functions'))
    expect(readPackages(root).get(azure)).toEqual([
      { version: '4.1.0', folder: `node_modules/${azure}` },
      { version: '4.2.0', folder: join(far, 'lib/node_modules', azure) },
    ])
    expect(readPackages(root).get('durable-functions')).toEqual([])
  })
})
