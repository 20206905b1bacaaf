import { describe, expect, test } from 'vitest'
import { checkFuncIgnore } from '../../../src/cli/doctor/check-func-ignore.js'
import { checkManifest, type EntryFiles } from '../../../src/cli/doctor/check-manifest.js'
import { checkNode } from '../../../src/cli/doctor/check-node.js'
import { checkPackages, type Packages } from '../../../src/cli/doctor/check-packages.js'
import { checkReach } from '../../../src/cli/doctor/check-reach.js'
import { checkRunLog } from '../../../src/cli/doctor/check-run-log.js'
import { toGist } from './gist.js'

test.each([
  ['22.13.0', 'ok'],
  ['22.13.1-nightly', 'ok'],
  ['24.0.0', 'ok'],
  ['22.12.9', 'error'],
  ['20.19.0', 'error'],
])('Node %s is %s where 22.13 is the least', (version, level) => {
  expect(checkNode(version, '>=22.13')).toMatchObject([{ level }])
})

describe('package.json', () => {
  const read = { state: 'read', main: 'dist/app.js', devPackages: [] } as const
  const files: EntryFiles = {
    manifest: read,
    mainFiles: ['dist/app.js'],
    entry: undefined,
    compiled: undefined,
  }
  const source = { source: 'src/a.ts', compiled: 'dist/a.js', changedMs: 5, compiledMs: 5 }

  test.each<[string, Partial<EntryFiles>, readonly string[]]>([
    ['whose main is there', {}, ['ok names dist/app.js']],
    ['in whose place a file is looked at', { entry: 'dist/b.js' }, ['ok looked at here is dist/b.js']],
    ['that is not there', { manifest: { state: 'missing' } }, ['error There is none']],
    ['that is broken', { manifest: { state: 'broken', reason: 'no comma' } }, ['error no comma']],
    ['without main', { manifest: { ...read, main: undefined } }, ['error no "main"']],
    ['whose main is not compiled', { mainFiles: [] }, ['error compile the app first']],
    ['beside compiled sources', { compiled: [source] }, ['ok names']],
    [
      'beside one that is compiled no more',
      { compiled: [source, { ...source, changedMs: 4, compiledMs: 3 }] },
      ['ok names'],
    ],
    [
      'beside sources that were changed',
      { compiled: [source, { ...source, changedMs: 6 }, { ...source, source: 'src/b.ts', changedMs: 7 }] },
      ['ok names', 'warning src/a.ts, and 1 more, changed after dist/a.js was made'],
    ],
  ])('%s', (_name, given, gist) => {
    expect(checkManifest({ ...files, ...given })).toEqual(toGist(gist))
  })
})

describe('packages', () => {
  const azure = { version: '4.16.5', folder: 'node_modules/@azure/functions' }
  const durable = { version: '3.5.0', folder: 'node_modules/durable-functions' }
  const good = new Map([
    ['@azure/functions', [azure]],
    ['durable-functions', [durable]],
  ])
  const packages: Packages = { copies: good, devPackages: ['typescript'], isBundled: false, isLoaded: true }
  const withAzure = (...copies: (typeof azure)[]) => ({
    copies: new Map([...good, ['@azure/functions', copies]]),
  })
  const durableIsFine = 'ok durable-functions 3.5.0'

  test.each<[string, Partial<Packages>, readonly string[]]>([
    ['that fit', {}, ['ok @azure/functions 4.16.5', durableIsFine]],
    [
      'that are there twice',
      withAzure(azure, { ...azure, folder: 'node_modules/x/node_modules/@azure/functions' }),
      [
        'warning more than one @azure/functions: 4.16.5 in node_modules/@azure/functions, 4.16.5 in node_modules/x/',
        durableIsFine,
      ],
    ],
    [
      'of another version',
      withAzure({ ...azure, version: '3.5.1' }),
      ['error 3.5.1 in node_modules', durableIsFine],
    ],
    [
      'that are missing',
      { ...withAzure(), isLoaded: false },
      ['error npm install @azure/functions@4', durableIsFine],
    ],
    ['that the app finds elsewhere', withAzure(), [durableIsFine]],
    ['that a bundler has put into the app', { copies: new Map(), isBundled: true }, ['ok bundler']],
    [
      'that publishing leaves behind',
      { devPackages: ['durable-agent-functions'] },
      ['ok functions', durableIsFine, 'warning devDependencies'],
    ],
  ])('%s', (_name, given, gist) => {
    expect(checkPackages({ ...packages, ...given })).toEqual(toGist(gist))
  })
})

describe('.funcignore', () => {
  const published = { mainFiles: ['dist/app.js'], hasLocalSettings: true, isBundled: false }

  test.each<[string, string | undefined, object, readonly string[]]>([
    [
      'as func init makes it',
      '*.js.map\n*.ts\n.git*\nlocal.settings.json\ntest\ntsconfig.json',
      {},
      ['ok published'],
    ],
    ['that leaves out the app', 'dist\nlocal.settings.json', {}, ['error leaves out dist/app.js']],
    ['that leaves out host.json', '*.json', {}, ['error host.json', 'error package.json']],
    ['that takes the app back in', 'dist\n!dist/app.js\nlocal.settings.json', {}, ['ok published']],
    ['that leaves out the packages', 'node_modules/\nlocal.settings.json', {}, ['warning node_modules']],
    ['of a bundled app, too', 'node_modules/\nlocal.settings.json', { isBundled: true }, ['ok published']],
    ['that leaves out one package', '/node_modules/node/\nlocal.settings.json', {}, ['ok published']],
    ['that publishes the local settings', 'src', {}, ['warning Add a line local.settings.json']],
    ['that is not there', undefined, {}, ['warning make one with a line local.settings.json']],
    ['that nothing needs', undefined, { hasLocalSettings: false }, ['ok everything is published']],
  ])('%s', (_name, text, given, gist) => {
    expect(checkFuncIgnore({ ...published, text, ...given })).toEqual(toGist(gist))
  })
})

test.each([
  [{ from: 'settings' }, 'ok SQLite (data) by npx durable-agents start, in the storage account'],
  [{ from: 'app', kind: 'other', name: 'RedisRunLog' }, 'ok RedisRunLog'],
  [{ from: 'app', kind: 'memory', name: 'MemoryRunLog' }, 'warning lost'],
  [{ from: 'app', kind: 'sqlite', name: 'SqliteRunLog' }, 'warning a disk of its own'],
] as const)('the run log %j', (log, gist) => {
  expect(checkRunLog(log, 'data')).toEqual(toGist([gist]))
})

test('says of each question what came of it, and whom it concerns', () => {
  const model = { about: 'model', model: 'm', agents: ['A', 'B'] } as const
  const findings = checkReach([
    { about: 'run log', agents: [], outcome: 'reached' },
    { about: 'run log', agents: [], outcome: 'failed', detail: 'The disk is full.' },
    { ...model, outcome: 'reached' },
    { ...model, outcome: 'none' },
    { ...model, outcome: 'unclear', detail: 'answers 403.' },
    { ...model, outcome: 'busy', detail: 'Too many.' },
    { ...model, outcome: 'failed', detail: 'Nobody there.' },
  ])
  expect(findings).toEqual(
    toGist([
      'ok written',
      'error The disk is full.',
      'ok does not refuse the key. Used by A, B.',
      'ok Not asked',
      'warning answers 403.',
      'warning Too many.',
      'error Nobody there. Used by A, B.',
    ]),
  )
})
