import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppKeys } from '../../../src/host/keys/app-keys.js'
import { createTempFolder } from '../../support/temp-folder.js'

function createFolder(): string {
  const folder = createTempFolder()
  return join(folder, 'secrets')
}

test('makes random keys once, which every process then has', () => {
  const folder = createFolder()
  const [first, second] = [new AppKeys(folder), new AppKeys(folder)]
  expect(first.host).toEqual(second.host)
  expect(first.ofFunction('Hello')).toEqual(second.ofFunction('hello'))
  const values = [
    first.host.master,
    ...first.host.functionKeys,
    ...first.host.systemKeys,
    ...first.ofFunction('Hello'),
  ].map(({ value }) => value)
  expect(new Set(values).size).toBe(5)
  for (const value of values) expect(value).toMatch(/^[\w-]{43}$/)
})

test('keeps them in the files of the Functions host, for their owner only', () => {
  const folder = createFolder()
  const keys = new AppKeys(folder)
  const { master, functionKeys, systemKeys } = keys.host
  keys.ofFunction('hello')
  expect(readdirSync(folder).sort()).toEqual(['hello.json', 'host.json'])
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  const encrypted = false
  expect(JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8'))).toEqual({
    masterKey: { ...master, encrypted },
    functionKeys: functionKeys.map((key) => ({ ...key, encrypted })),
    systemKeys: systemKeys.map((key) => ({ ...key, encrypted })),
  })
})

test('takes the keys that people write into the files', () => {
  const folder = createFolder()
  new AppKeys(folder).ofFunction('hello')
  writeFileSync(join(folder, 'hello.json'), '{"keys":[{"name":"a","value":"1"},{"name":"b","value":"2"},{}]}')
  expect(new AppKeys(folder).ofFunction('hello')).toEqual([
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
  ])
})

test('an extension without a key of its own has the master key', () => {
  const keys = new AppKeys(createFolder())
  expect(keys.ofExtension('MCP')).toBe(
    keys.host.systemKeys.find(({ name }) => name === 'mcp_extension')?.value,
  )
  expect(keys.ofExtension('queues')).toBe(keys.host.master.value)
})

test.each(['{', '[]', '{"masterKey":{"name":"master","value":""}}'])(
  'a file that holds %s is an error that names the file',
  (text) => {
    const folder = createFolder()
    expect(new AppKeys(folder).host).toBeDefined()
    writeFileSync(join(folder, 'host.json'), text)
    expect(() => new AppKeys(folder).host).toThrow(
      `The file of keys '${join(folder, 'host.json')}' cannot be`,
    )
  },
)
