import { expect, test } from 'vitest'
import type { InvocationRequest } from '../../../src/host/functions.js'
import { createBindingContext } from '../../../src/host/invocation/binding-expressions.js'
import { parseBlobAddress, parseBlobPattern } from '../../../src/host/storage/blob-path.js'
import { parseBlobSettings } from '../../../src/host/storage/blob-settings.js'

test.each([
  ['images/{name}', 'a/b.png', { name: 'a/b.png' }],
  ['images/{name}.{extension}', 'cat.v1.png', { name: 'cat.v1', extension: 'png' }],
  ['images/{name}.png', 'cat.jpg', undefined],
  ['images/in/{name}', 'out/cat', undefined],
  ['images/{{draft}}-{name}', '{draft}-1', { name: '1' }],
  ['images/fixed.txt', 'fixed.txt', {}],
  ['images/fixed.txt', 'fixed.txt2', undefined],
  ['images/a+b', 'aab', undefined],
  ['images', 'any/thing', {}],
  ['/images/', 'any', {}],
])('the path %s takes the blob %s as %j', (path, name, values) => {
  expect(parseBlobPattern(path).match(name)).toEqual(values)
})

test('a pattern says what all its blobs begin with', () => {
  const prefixes = ['images/in/{name}.png', 'images/{name}', 'images', 'images/one.txt'].map(
    (path) => parseBlobPattern(path).prefix,
  )
  expect(prefixes).toEqual(['in/', '', '', 'one.txt'])
})

test.each([undefined, '', '{container}/{name}', 'No/{name}', 'a/b', 'double--dash/{name}'])(
  'refuses the trigger path %j',
  (path) => {
    expect(() => parseBlobPattern(path)).toThrow('Invalid blob trigger path')
  },
)

test('an address has a container and a name', () => {
  expect(parseBlobAddress('notes/a/b.txt')).toEqual({ container: 'notes', name: 'a/b.txt' })
  expect(parseBlobAddress('$web/index.html')).toEqual({ container: '$web', name: 'index.html' })
  for (const path of ['notes', 'notes/', 'N/x', ''])
    expect(() => parseBlobAddress(path)).toThrow('not the path')
})

test('reads the settings of blobs', () => {
  expect(parseBlobSettings({ maxDegreeOfParallelism: 3 })).toEqual({
    maxDegreeOfParallelism: 3,
    poisonBlobThreshold: 5,
  })
  expect(() => parseBlobSettings({ poisonBlobThreshold: 0 })).toThrow(
    'host.json extensions.blobs.poisonBlobThreshold must be a whole number of at least 1, not 0.',
  )
})

const message: InvocationRequest = {
  input: { string: '{}' },
  triggerMetadata: {
    QueueTrigger: { string: 'text' },
    DequeueCount: { int: 2 },
    order: { json: '{"Id":7,"lines":[1]}' },
  },
  reason: '',
}

test.each([
  ['no expressions', 'no expressions'],
  ['{queuetrigger}-{DequeueCount}', 'text-2'],
  ['{order.id}', '7'],
  ['{Order.LINES}', '[1]'],
  ['{sys.methodname}', 'copy'],
])('the expression %s is %s', (text, value) => {
  expect(createBindingContext('copy', message).resolve(text)).toBe(value)
})

test('expressions can ask for a new id and for the time', () => {
  const context = createBindingContext('copy', message)
  expect(context.resolve('{rand-guid}/{sys.randguid}')).toMatch(/^[0-9a-f-]{36}\/[0-9a-f-]{36}$/)
  expect(context.resolve('{DateTime}')).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test.each(['{missing}', '{order.missing}', '{queueTrigger.length}'])('%s has no value', (text) => {
  expect(() => createBindingContext('copy', message).resolve(text)).toThrow(
    `No value for named parameter '${text.slice(1, -1)}'.`,
  )
})
