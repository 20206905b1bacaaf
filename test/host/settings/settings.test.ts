import { describe, expect, test } from 'vitest'
import { readBodyLimit } from '../../../src/host/http/request-body.js'
import { createLog, type LogLine } from '../../../src/host/log.js'
import { toHostJson } from '../../../src/host/settings/host-json.js'
import { applySettings, toLocalSettings } from '../../../src/host/settings/local-settings.js'
import { resolveSettingNames } from '../../../src/host/settings/setting-names.js'

describe('host.json', () => {
  test('has defaults', () => {
    expect(toHostJson({ version: '2.0' }, {})).toEqual({
      functionTimeoutMs: 1_800_000,
      functions: undefined,
      logLevels: {},
      http: {
        routePrefix: 'api',
        maxOutstandingRequests: undefined,
        maxConcurrentRequests: undefined,
        customHeaders: {},
      },
      extensions: {},
      retryOptions: undefined,
      bundleVersion: undefined,
    })
  })

  test.each([
    ['00:00:01', 1000],
    ['-1', undefined],
    ['1.00:00:00', 86_400_000],
    ['24.00:00:00', 2_073_600_000],
    // Longer than a timer of Node can be, which would go off at once.
    ['30.00:00:00', undefined],
  ])('reads functionTimeout %s', (functionTimeout, ms) => {
    expect(toHostJson({ version: '2.0', functionTimeout }, {}).functionTimeoutMs).toBe(ms)
  })

  test.each(['00:00:00', 'soon', 5])('refuses functionTimeout %s', (functionTimeout) => {
    expect(() => toHostJson({ version: '2.0', functionTimeout }, {})).toThrow(/functionTimeout/)
  })

  test("reads the retry policy of the app in the form of a function's own", () => {
    const retry = { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: '00:00:05' }
    expect(toHostJson({ version: '2.0', retry }, {}).retryOptions).toEqual({
      strategy: 'fixedDelay',
      maxRetryCount: 2,
      delayInterval: { seconds: 5 },
    })
  })

  test('takes numbers as their text, as settings that stand in for them are', () => {
    const settings = { maxOutstandingRequests: '200', maxConcurrentRequests: '-1' }
    const file = { version: '2.0', extensions: { http: settings }, retry: { maxRetryCount: '-1' } }
    const { http, retryOptions } = toHostJson(file, {})
    expect([http.maxOutstandingRequests, http.maxConcurrentRequests]).toEqual([200, undefined])
    expect(retryOptions?.maxRetryCount).toBe(-1)
  })

  test.each(['x', '', true, 0, -2, 1.5, '1e999', [], {}])('refuses the limit %j by its name', (limit) => {
    for (const name of ['maxOutstandingRequests', 'maxConcurrentRequests']) {
      const extensions = { http: { [name]: limit } }
      expect(() => toHostJson({ version: '2.0', extensions }, {})).toThrow(
        `host.json extensions.http.${name} must be a whole number of at least 1, or -1 for no limit, not ${JSON.stringify(limit)}.`,
      )
    }
  })

  test('refuses a number of retries that is none', () => {
    const retry = { strategy: 'fixedDelay', maxRetryCount: 'many', delayInterval: '00:00:05' }
    expect(() => toHostJson({ version: '2.0', retry }, {})).toThrow('host.json retry.maxRetryCount must be')
  })

  test.each(['Verbose', 7, '9', true, {}])(
    'refuses the log level %j by the name of its category',
    (level) => {
      const logging = { logLevel: { default: 'Warning', 'Host.Results': level } }
      expect(() => toHostJson({ version: '2.0', logging }, {})).toThrow(
        `host.json logging.logLevel 'Host.Results' must be one of trace, debug, information, warning, error, critical, none, not ${JSON.stringify(level)}.`,
      )
    },
  )

  test('takes log levels by name or number, and empty ones as none', () => {
    const logLevel = { a: 'ERROR', b: 0, c: '3', d: '', e: null }
    expect(toHostJson({ version: '2.0', logging: { logLevel } }, {}).logLevels).toEqual({
      a: 'error',
      b: 'trace',
      c: 'warning',
    })
  })

  test.each([5, false, ['api']])('refuses the route prefix %j', (routePrefix) => {
    const file = { version: '2.0', extensions: { http: { routePrefix } } }
    expect(() => toHostJson(file, {})).toThrow('host.json extensions.http.routePrefix must be a text')
  })

  test('takes the slashes off the route prefix', () => {
    const extensions = { http: { routePrefix: '/v1/x/' } }
    expect(toHostJson({ version: '2.0', extensions }, {}).http.routePrefix).toBe('v1/x')
  })

  test.each([
    ['X Y', '1'],
    ['X-Y', 'a\nb'],
  ])('refuses the custom header %j with the value %j, which no answer can carry', (name, value) => {
    const extensions = { http: { customHeaders: { [name]: value } } }
    expect(() => toHostJson({ version: '2.0', extensions }, {})).toThrow(`customHeaders '${name}'`)
  })
})

describe('local.settings.json', () => {
  const readHost = (Host: unknown) => toLocalSettings({ IsEncrypted: false, Host } as never)

  test('takes the port as a number or as its text, and empty values as none', () => {
    expect(readHost({ LocalHttpPort: 7080, CORS: '' })).toMatchObject({ port: 7080, cors: undefined })
    expect(readHost({ LocalHttpPort: '7080', CORS: '*' })).toMatchObject({ port: 7080, cors: '*' })
    expect(readHost({ LocalHttpPort: '', LocalHttpAddress: null })).toMatchObject({ port: undefined })
    expect(readHost({ CORSCredentials: 'true' })).toMatchObject({ corsCredentials: true })
  })

  test.each([
    ['LocalHttpPort', 65_536],
    ['LocalHttpPort', 1.5],
    ['LocalHttpPort', true],
    ['LocalHttpPort', 'http'],
    ['LocalHttpAddress', 5],
    ['CORS', ['http://a']],
  ])('refuses Host.%s %j by name', (name, value) => {
    expect(() => readHost({ [name]: value })).toThrow(`Host.${name} must be`)
  })
})

describe('settings', () => {
  test.each(['1MB', '0', '-1', '1.5', ' ', '1e999'])('refuse a limit of bodies of %j', (limit) => {
    expect(() => readBodyLimit({ FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: limit })).toThrow(
      `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT must be a whole number of bytes of at least 1, not "${limit}".`,
    )
  })

  test('limit bodies to 100 MiB unless they say otherwise', () => {
    expect(readBodyLimit({})).toBe(104_857_600)
    expect(readBodyLimit({ FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '' })).toBe(104_857_600)
    expect(readBodyLimit({ functions_request_body_size_limit: '1000' })).toBe(1000)
  })

  test('resolve names in text, ignoring case, with colons for double underscores', () => {
    const settings = { A: '1', Section__B: '2' }
    expect(resolveSettingNames('%a%/%Section:B%/100%', settings)).toBe('1/2/100%')
    expect(() => resolveSettingNames('%C%', settings)).toThrow("'%C%' does not resolve to a value.")
  })

  test('go into the environment where it is empty', () => {
    const environment = { A: 'kept', B: '' }
    expect(applySettings({ A: '1', B: '2', C: '3' }, environment)).toEqual([expect.stringContaining("'A'")])
    expect(environment).toEqual({ A: 'kept', B: '2', C: '3' })
  })

  test('give the values of connection strings in both spellings', () => {
    const ConnectionStrings = { A: 'x', B: { ConnectionString: 'y', ProviderName: 'p' } }
    expect(toLocalSettings({ IsEncrypted: false, ConnectionStrings }).values).toEqual({
      'ConnectionStrings:A': 'x',
      'ConnectionStrings:B': 'y',
    })
    expect(() => toLocalSettings({ Values: { A: {} } })).toThrow("the value of 'A' must be a string")
  })
})

test('the longest prefix of a category decides what is logged', () => {
  const lines: LogLine[] = []
  const filters = { default: 'Warning', Function: 'debug', 'Function.quiet': 'none' }
  const { logLevels } = toHostJson({ version: '2.0', logging: { logLevel: filters } }, {})
  const log = createLog({ filters: logLevels, sink: (line) => lines.push(line) })
  log.write('information', 'Host.Startup', 'no')
  log.write('warning', 'Host.Startup', 'one')
  log.write('debug', 'Function.x.User', 'two')
  log.write('critical', 'Function.quiet.User', 'no')
  log.write('information', 'Functional', 'no')
  log.print('three')
  expect(lines.map(({ message }) => message)).toEqual(['one', 'two', 'three'])
})
