import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { parseDurableSettings } from '../../../src/host/durable/durable-settings.js'

test('absent settings take the defaults of the platform', () => {
  expect(parseDurableSettings(undefined, {})).toEqual({
    maxConcurrentActivityFunctions: 10 * availableParallelism(),
    maxConcurrentOrchestratorFunctions: 10 * availableParallelism(),
    maxOrchestrationActions: 100_000,
    defaultVersion: '',
    replacesRunning: false,
    httpPollMs: 30_000,
    ignored: [],
    hubName: 'TestHubName',
    maxConcurrentEntityFunctions: 10 * availableParallelism(),
    maxEntityOperationBatchSize: 5000,
  })
})

test('names of settings compare ignoring case, numbers may be texts, and unknown settings are ignored', () => {
  const settings = {
    HubName: 'MyHub',
    maxconcurrententityfunctions: '7',
    maxEntityOperationBatchSize: 1,
    tracing: {},
  }
  expect(parseDurableSettings(settings, {})).toMatchObject({
    hubName: 'MyHub',
    maxConcurrentEntityFunctions: 7,
    maxEntityOperationBatchSize: 1,
  })
})

test('what orchestrations may be told is read, and what would be ignored is named', () => {
  const settings = {
    defaultVersion: '2.0',
    overridableExistingInstanceStates: 'anystate',
    httpSettings: { defaultAsyncRequestSleepTimeMilliseconds: 500 },
    versionMatchStrategy: 'Strict',
    storeInputsInOrchestrationHistory: false,
  }
  expect(parseDurableSettings(settings, {})).toMatchObject({
    defaultVersion: '2.0',
    replacesRunning: true,
    httpPollMs: 500,
    ignored: ['versionMatchStrategy'],
  })
})

test.each([
  ['my-site.1', 'mysite1'],
  ['1st', 't1st'],
  ['x', 'xHub'],
  ['s'.repeat(60), 's'.repeat(45)],
])('the hub of site %s is named %s', (site, hubName) => {
  expect(parseDurableSettings({}, { WEBSITE_SITE_NAME: site }).hubName).toBe(hubName)
})

test('a hub name takes app settings between percent signs', () => {
  expect(parseDurableSettings({ hubName: 'Hub%STAGE%' }, { STAGE: 'Test' }).hubName).toBe('HubTest')
  expect(() => parseDurableSettings({ hubName: '%STAGE%' }, {})).toThrow(
    "'%STAGE%' does not resolve to a value.",
  )
})

test.each(['ab', '1abc', 'a-b-c', 'x'.repeat(46), '', 12])(
  'the hub name %j is refused by name',
  (hubName) => {
    expect(() => parseDurableSettings({ hubName }, {})).toThrow(/durableTask.hubName .*not valid/)
  },
)

test.each([0, -1, 1.5, 'many', {}, ''])(
  'a batch size of %j is refused by name',
  (maxEntityOperationBatchSize) => {
    expect(() => parseDurableSettings({ maxEntityOperationBatchSize }, {})).toThrow(
      'maxEntityOperationBatchSize',
    )
  },
)

test.each(['text', 5, []])('settings that are %j are refused', (settings) => {
  expect(() => parseDurableSettings(settings, {})).toThrow('extensions.durableTask')
})
