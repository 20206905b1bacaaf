import { expect, test } from 'vitest'
import { parseHostJson, stripJsonComments } from '../../src/core/host-json.js'

test('comments and trailing commas are left out, and both inside strings kept', () => {
  const text = '\uFEFF{ /* a */ "u": "http://x,]", // b\n "q": "\\"//,}", "l": [1, 2,], }'
  expect(JSON.parse(stripJsonComments(text))).toEqual({ u: 'http://x,]', q: '"//,}', l: [1, 2] })
})

test('settings replace members however they are spelled, and make those that are missing', () => {
  const settings = {
    azurefunctionsjobhost__Extensions__HTTP__routePrefix: 'v1',
    AzureFunctionsJobHost__logging__logLevel__default: 'Warning',
    OTHER__http: 'no',
  }
  expect(parseHostJson('{ "extensions": { "http": { "routePrefix": "api", "a": 1 } } }', settings)).toEqual({
    extensions: { http: { routePrefix: 'v1', a: 1 } },
    logging: { logLevel: { default: 'Warning' } },
  })
})
