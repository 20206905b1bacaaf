import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkHostJson, parseHost } from '../../../src/cli/doctor/check-host-json.js'
import {
  checkLocalSettings,
  mergeSettings,
  parseLocalSettings,
} from '../../../src/cli/doctor/check-local-settings.js'
import { toGist } from './gist.js'

const repository = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(repository, path), 'utf8')

describe('host.json', () => {
  const check = (text: string | undefined, settings = {}, needs = {}) =>
    checkHostJson(parseHost(text, settings), { agents: true, bundleGaps: [], ...needs })
  const facts = 'ok Routes are below /api'

  test("that is the repository's says how soon things happen", () => {
    const [only, ...others] = check(read('host.json'))
    expect(others).toEqual([])
    expect(only?.message).toBe(
      'Routes are below /api; functionTimeout is 00:10:00; extensionBundle is [4.*, 5.0.0); an instance works on up to 200 sessions at a time; a message after a pause waits up to 1 s; a host that died is missed after 60 s.',
    )
  })

  test.each([
    ['is not there', undefined, ['error There is none']],
    ['is no JSON', '{', ['error It is not valid JSON']],
    ['has no version', '{}', ["error 'version'"]],
    ['has a wrong time', '{"version":"2.0","functionTimeout":"10m"}', ["error functionTimeout '10m'"]],
    [
      'has a name of a hub that Azure refuses',
      '{"version":"2.0","extensions":{"durableTask":{"hubName":"my-hub"}}}',
      ["error 'my-hub'"],
    ],
    [
      'has another engine',
      '{"version":"2.0","extensions":{"durableTask":{"maxEntityOperationBatchSize":1,"storageProvider":{"type":"azureManaged"}}}}',
      [facts],
    ],
    [
      'says nothing',
      '{"version":"2.0"}',
      [
        facts,
        'warning Set extensions.durableTask.maxEntityOperationBatchSize to 1',
        'warning maxQueuePollingInterval',
        'warning controlQueueVisibilityTimeout',
        'warning workItemQueueVisibilityTimeout',
      ],
    ],
  ])('that %s', (_name, text, gist) => {
    expect(check(text)).toEqual(toGist(gist))
  })

  test('that says nothing does for an app without agents, but for what its functions need', () => {
    const needs = { agents: false, bundleGaps: ['host.json names no extensionBundle'] }
    expect(check('{"version":"2.0"}', {}, needs)).toEqual(
      toGist([facts, 'error It names no extensionBundle']),
    )
  })

  test('is read with the settings in its place', () => {
    const settings = { AzureFunctionsJobHost__extensions__http__routePrefix: '' }
    expect(check(read('host.json'), settings)).toEqual(toGist(['ok Routes have no prefix']))
  })
})

describe('local.settings.json', () => {
  const check = (text: string | undefined, environment: Record<string, string | undefined> = {}) => {
    const parsed = parseLocalSettings(text)
    return checkLocalSettings(parsed, mergeSettings(parsed, environment))
  }
  const write = (values: object) => JSON.stringify({ IsEncrypted: false, Values: values })
  const good = { FUNCTIONS_WORKER_RUNTIME: 'node', AzureWebJobsStorage: 'UseDevelopmentStorage=true' }

  test.each<[string, string | undefined, readonly string[]]>([
    ["that is the repository's", read('local.settings.json'), ['ok has what func start needs']],
    ['that is not there', undefined, ['ok There is none']],
    [
      'that is for another worker',
      write({ ...good, FUNCTIONS_WORKER_RUNTIME: 'python' }),
      ['error must be "node"'],
    ],
    [
      'without a worker',
      write({ ...good, FUNCTIONS_WORKER_RUNTIME: '' }),
      ['warning Set FUNCTIONS_WORKER_RUNTIME'],
    ],
    ['without storage', write({ ...good, AzureWebJobsStorage: '' }), ['warning Set AzureWebJobsStorage']],
    [
      'with a placeholder for storage',
      write({ ...good, AzureWebJobsStorage: '<yours>' }),
      ['warning Set AzureWebJobsStorage'],
    ],
    [
      'with storage by identity',
      write({ FUNCTIONS_WORKER_RUNTIME: 'node', AzureWebJobsStorage__accountName: 'mine' }),
      ['ok has what'],
    ],
    [
      'with placeholders',
      write({ ...good, A: '<a>', B: 'b<c>', C: ' <c d> ' }),
      ['warning placeholders, which count as not set: A, C.'],
    ],
    ['that is encrypted', JSON.stringify({ Values: good }), ['warning IsEncrypted']],
    ['with a value that is none', write({ ...good, X: {} }), ["error value of 'X'"]],
  ])('%s', (_name, text, gist) => {
    expect(check(text)).toEqual(toGist(gist))
  })

  test('lacks nothing that the environment has', () => {
    expect(check(write({}), good)).toEqual(toGist(['ok has what']))
    expect(check(write(good), { AzureWebJobsStorage: '' })).toEqual(toGist(['ok has what']))
  })

  test('is not quoted where it is broken', () => {
    expect(check('{ "Values": { "KEY": sk-12345678 } }')).toMatchObject([
      { level: 'error', message: 'It is not valid JSON.' },
    ])
  })
})
