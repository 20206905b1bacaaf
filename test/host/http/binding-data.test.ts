import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { startsLikeObject, toBindingData } from '../../../src/host/http/binding-data.js'
import { toHttpInput } from '../../../src/host/http/request-to-function.js'
import { toDotNetText } from '../../../src/host/invocation/trigger-metadata.js'

test.each([
  ['text', 'text'],
  [5, '5'],
  [-1.5, '-1.5'],
  [1e21, '1E+21'],
  [1e-7, '1E-07'],
  [true, 'True'],
  [false, 'False'],
])('prints %o as .NET does: %s', (value, text) => {
  expect(toDotNetText(value)).toBe(text)
})

function fakeRequest(rawHeaders: string[], method = 'GET'): IncomingMessage {
  const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, index) =>
    rawHeaders.slice(index * 2, index * 2 + 2),
  )
  const headers = Object.fromEntries(pairs.map(([name = '', value]) => [name.toLowerCase(), value]))
  return { rawHeaders, headers, method } as unknown as IncomingMessage
}

describe('binding data of a streamed request', () => {
  const request = fakeRequest(['Accept', 'a', 'X-Two', '1', 'x-two', '2'])
  const read = (search: string, body?: string, route: Record<string, string> = {}) => ({
    ...toBindingData(request, search, route, body === undefined ? undefined : Buffer.from(body)),
  })

  test('has the fields of a body with comments and a comma at the end, but not of one that is no JSON even so', () => {
    expect(read('', '{/* n */"n":5,}')).toMatchObject({ n: { string: '5' } })
    expect(read('', '{"n":5 "m"}')).not.toHaveProperty('n')
    expect(read('', `{"n":"${'x'.repeat(20_000_000)}`)).not.toHaveProperty('n')
  })

  test('holds query and headers when nothing else claims their names', () => {
    expect(read('?a=1&a=2&code=secret')).toEqual({
      a: { string: '2' },
      Query: { json: '{"a":"2","code":"secret"}' },
      Headers: { json: '{"accept":"a","x-two":"1,2"}' },
    })
  })

  test('takes body fields, then query, then route values, under the first spelling', () => {
    const data = read('?N=2&q=1', '{"n":1,"id":"body","o":{"x":1},"list":[1],"none":null}', { ID: 'route' })
    expect(data).toMatchObject({ n: { string: '2' }, id: { string: 'route' }, o: { json: '{"x":1}' } })
    expect(Object.keys(data)).toEqual(['n', 'id', 'o', 'q', 'Query', 'Headers'])
  })

  test('loses the headers to a client that names a key like them, in any casing', () => {
    expect(read('?Headers=x')).toMatchObject({ Headers: { string: 'x' } })
    expect(Object.keys(read('', '{"headers":{}}'))).toEqual(['headers', 'Query'])
  })

  test.each(['[1]', 'text', '{broken', '"text"', ''])('takes nothing from the body %s', (body) => {
    expect(Object.keys(read('', body))).toEqual(['Query', 'Headers'])
  })

  test('takes nothing from a body that is nested too deep to be written again', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    expect(Object.keys(read('', `{"n":1,"o":${deep}}`))).toEqual(['Query', 'Headers'])
  })

  test('keeps a key named like the prototype', () => {
    expect(Object.keys(read('?__proto__=x'))).toContain('__proto__')
  })

  test('looks past white space and a byte order mark for the start of an object', () => {
    expect(startsLikeObject(Buffer.from('\uFEFF \n{'))).toBe(true)
    expect(startsLikeObject(Buffer.from(' [{'))).toBe(false)
    expect(read('', '\uFEFF{"a":1}')).toMatchObject({ a: { string: '1' } })
  })
})

test('a buffered request keeps its encoded URL and joins what repeats', async () => {
  const request = fakeRequest(['Host', 'h:1', 'A', '1', 'a', '2'])
  const target = { path: '/api/a%20b', search: '?q=1&Q=2' }
  expect(await toHttpInput(request, target, { id: '7' })).toMatchObject({
    http: {
      url: 'http://h:1/api/a%20b?q=1&Q=2',
      method: 'GET',
      nullableHeaders: { host: { value: 'h:1' }, a: { value: '1,2' } },
      nullableQuery: { q: { value: '1,2' } },
      nullableParams: { id: { value: '7' } },
    },
  })
})
