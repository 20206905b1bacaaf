import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'

let host: SpawnedHost

beforeAll(async () => {
  host = await spawnHost({ root: join(import.meta.dirname, '../fixtures/apps/buffered') })
})
afterAll(() => host.stop('SIGKILL'))

async function status(path: string, method = 'GET'): Promise<number> {
  return (await fetch(host.url + path, { method })).status
}

async function routed(path: string): Promise<unknown> {
  const answer = await fetch(host.url + path)
  return answer.status === 200 ? answer.json() : answer.status
}

test('23. answers 404 to a method that the route does not list', async () => {
  expect(await status('/api/hello', 'PUT')).toBe(404)
})

test('24. answers 404 to OPTIONS without CORS', async () => {
  expect(await status('/api/hello', 'OPTIONS')).toBe(404)
})

test('25. answers 404 to HEAD where only GET is listed', async () => {
  expect(await status('/api/hello', 'HEAD')).toBe(404)
})

test('26. matches routes in the order of function names and warns about the one that never matches', async () => {
  expect(await routed('/api/items/recent')).toEqual({ tag: 'aItem', params: { id: 'recent' } })
  expect(await routed('/api/things/newest')).toEqual({ tag: 'newest', params: {} })
  expect(await routed('/api/things/7')).toEqual({ tag: 'zThing', params: { id: '7' } })
  expect(host.output()).toMatch(/'aItem' .* answers the requests for 'recent'/)
  expect(host.output()).not.toMatch(/answers the requests for 'newest'/)
})

test('27. checks constraints', async () => {
  expect(await routed('/api/numbers/5')).toEqual({ tag: 'numbers', params: { id: '5' } })
  expect(await routed('/api/numbers/x')).toBe(404)
})

test('28. leaves optional parameters out that the path does not have', async () => {
  expect(await routed('/api/optional')).toEqual({ tag: 'optional', params: {} })
  expect(await routed('/api/optional/1')).toEqual({ tag: 'optional', params: { x: '1' } })
})

test('29. gives the rest of the path to a catch-all, decoded except for slashes', async () => {
  expect(await routed('/api/files/a/b')).toEqual({ tag: 'rest', params: { rest: 'a/b' } })
  expect(await routed('/api/files/a/b/')).toEqual({ tag: 'rest', params: { rest: 'a/b/' } })
  expect(await routed('/api/files/a%20b/c%2Fd')).toEqual({ tag: 'rest', params: { rest: 'a b/c%2Fd' } })
})

test('30. matches paths ignoring case and a slash at the end', async () => {
  expect(await status('/API/Hello')).toBe(200)
  expect(await status('/api/hello/')).toBe(200)
  expect(await status('/api/hello//')).toBe(404)
})

test('31. refuses routes that begin like built-in ones, and serves the others', async () => {
  const text = 'The specified route conflicts with one or more built in routes.'
  expect(host.output()).toContain(`The 'adminRoute' function is in error: ${text}`)
  expect(host.output()).toContain(`The 'administratorsRoute' function is in error: ${text}`)
  expect(await status('/api/administrators')).toBe(404)
})

test('32. refuses the second of two functions with one route and a method in common', async () => {
  const text = "The route specified conflicts with the route defined by function 'twinA'."
  expect(host.output()).toContain(`The 'twinB' function is in error: ${text}`)
  expect(host.output()).not.toContain('\ttwinB')
  expect(await routed('/api/twin')).toEqual({ tag: 'twinA', params: {} })
  expect(await status('/api/twin', 'PUT')).toBe(200)
  expect(await status('/api/twin', 'POST')).toBe(404)
})

test('39. shows the home page at / and nothing at unknown paths', async () => {
  const answer = await fetch(host.url)
  expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
  expect(await answer.text()).toContain('Your Azure Function App is up and running.')
  expect((await fetch(host.url, { method: 'POST' })).status).toBe(200)
  const missing = await fetch(`${host.url}/nowhere`)
  expect([missing.status, await missing.text()]).toEqual([404, ''])
})
