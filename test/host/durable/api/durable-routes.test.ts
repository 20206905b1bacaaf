import { expect, test } from 'vitest'
import { createTempFolder } from '../../../support/temp-folder.js'
import { counter, startTestHost, type TestHostOptions, until } from '../kit.js'

type Overrides = Partial<TestHostOptions>

async function startApi(overrides: Overrides = {}) {
  const host = await startTestHost({
    dataDir: createTempFolder(),
    entities: { Counter: counter, other: counter },
    ...overrides,
  })
  const call = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(host.rpcUrl + path, { method, ...init })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
  }
  const state = (key: string) =>
    until(async () => {
      const answer = await call('GET', `entities/counter/${key}`)
      return answer.status === 200 ? answer.text : undefined
    })
  return { ...host, call, state }
}

const json = { 'content-type': 'application/json' }

test('a signal is answered 202 without a body, whatever the case of the entity name', async () => {
  const { call, state } = await startApi()
  const answer = await call('POST', 'ENTITIES/cOuNtEr/k?OP=add', { headers: json, body: ' 5 ' })
  expect(answer).toMatchObject({ status: 202, text: '' })
  expect(await state('k')).toBe('5')
})

test('an unknown entity name is refused with the names that exist', async () => {
  const { call } = await startApi()
  const answer = await call('POST', 'entities/Nobody/k?op=add')
  expect(answer.status).toBe(400)
  expect(answer.json()).toEqual({
    Message:
      "The function 'nobody' doesn't exist, is disabled, or is not an entity function. Additional info: The following are the known entity functions: 'Counter', 'other'.",
  })
})

test.each([
  ['of declared length', Buffer.alloc(101 * 1024 * 1024, ' ')],
  ['in chunks', new Blob([Buffer.alloc(101 * 1024 * 1024, ' ')]).stream()],
])('a body of more than 100 MiB %s is refused', async (_, body) => {
  const { call } = await startApi()
  const answer = await call('POST', 'entities/counter/k?op=add', { headers: json, body, duplex: 'half' })
  expect(answer.status).toBe(413)
  expect(answer.json().ExceptionMessage).toBe('The body is longer than 104857600 bytes.')
})

test.each(['a%5Cb', 'a%255Cb', 'a%23b', 'a%3Fb', 'a%0Ab'])('the key %s is refused', async (key) => {
  const { call } = await startApi()
  for (const method of ['POST', 'DELETE']) {
    const answer = await call(method, `entities/counter/${key}`)
    expect(answer.status).toBe(400)
    expect(answer.json().Message).toMatch(/^The entity key 'a/)
  }
  expect((await call('GET', `entities/counter/${key}`)).status).toBe(404)
})

test.each([
  ['JSON', json, '{"a":[1,12345678901234567890]}', '{"a":[1,12345678901234567890]}'],
  ['JSON with a charset', { 'content-type': 'Application/JSON; charset=utf-8' }, '0', '0'],
  ['JSON that is null', json, 'null', 'null'],
  ['another type', { 'content-type': 'text/plain' }, '{"a":1}', '"{\\"a\\":1}"'],
  ['nothing', json, undefined, null],
])('a body of %s becomes the right input', async (_, headers, body, input) => {
  const { call, batches } = await startApi()
  expect((await call('POST', 'entities/counter/k', { headers, body })).status).toBe(202)
  const [first] = await until(() => batches.length > 0 && batches)
  expect(first?.batch).toMatchObject([
    { name: '', input, isSignal: true, id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ])
})

test('broken JSON is refused and not stored', async () => {
  const { call, batches } = await startApi()
  const answer = await call('POST', 'entities/counter/k?op=add', { headers: json, body: '{bad' })
  expect(answer.status).toBe(400)
  expect(answer.json()).toEqual({ Message: expect.stringMatching(/^Could not parse JSON content: /) })
  await call('POST', 'entities/counter/k?op=last')
  await until(() => batches.length > 0)
  expect(batches.flatMap(({ batch }) => batch.map(({ name }) => name))).toEqual(['last'])
})

test('no key is the empty one, for which a dollar sign stands where the state is read', async () => {
  const { call, batches } = await startApi()
  await call('POST', 'entities/counter?op=add', { headers: json, body: '3' })
  await until(async () => (await call('GET', 'entities/counter/$')).text === '3')
  expect(batches[0]?.self).toEqual({ name: 'counter', key: '' })
  const list = async () => (await call('GET', 'entities?fetchState=true')).json()
  expect(await list()).toMatchObject([{ entityId: { key: '' }, state: 3 }])
  await call('POST', 'entities/counter/$?op=add', { headers: json, body: '4' })
  await until(async () => (await list()).length === 2)
  expect((await call('GET', 'entities/counter/$')).text).toBe('3')
})

test.each([
  ['A%20b', 'A b'],
  ['%2541', 'A'],
  ['%252541', '%41'],
  ['100%25', '100%'],
  ['%2525C3%2525A9', '%C3%A9'],
  ['%25e9', '%e9'],
  ['a%2Fb', 'a%2Fb'],
  ['a%25252Fb', 'a%2Fb'],
])('the key %s is decoded twice, but for slashes', async (sent, key) => {
  const { call, state, batches } = await startApi()
  await call('POST', `entities/counter/${sent}?op=add`, { headers: json, body: '1' })
  expect(await state(sent)).toBe('1')
  expect(batches[0]?.self.key).toBe(key)
})

test('keys keep their case', async () => {
  const { call, state } = await startApi()
  await call('POST', 'entities/counter/A?op=add', { headers: json, body: '1' })
  expect(await state('A')).toBe('1')
  expect((await call('GET', 'entities/counter/a')).status).toBe(404)
})

test('a delete is an operation of that name', async () => {
  const { call, state } = await startApi()
  await call('POST', 'entities/counter/k?op=add', { headers: json, body: '1' })
  await state('k')
  expect((await call('DELETE', 'entities/counter/k')).status).toBe(202)
  await until(async () => (await call('GET', 'entities/counter/k')).status === 404)
})

test('the list is paged, in a stable order, by name, and with state on request', async () => {
  const { call, state } = await startApi()
  const keys = ['a', 'b', 'c', 'd', 'e']
  for (const key of keys) await call('POST', `entities/counter/${key}?op=add`, { headers: json, body: '1' })
  await call('POST', 'entities/other/x?op=add', { headers: json, body: '1' })
  for (const key of keys) await state(key)
  await until(async () => (await call('GET', 'entities/other/x')).status === 200)

  const listed: string[] = []
  let pages = 0
  for (let token: string | null = ''; token !== null; pages += 1) {
    const answer = await call('GET', 'entities/COUNTER?top=2', {
      headers: token ? { 'x-ms-continuation-token': token } : {},
    })
    for (const item of answer.json()) {
      expect(item).toEqual({
        entityId: { name: 'counter', key: expect.any(String) },
        lastOperationTime: expect.stringMatching(/Z$/),
        state: null,
      })
      listed.push(item.entityId.key)
    }
    token = answer.headers.get('x-ms-continuation-token')
  }
  expect({ listed, pages }).toEqual({ listed: keys, pages: 3 })
  expect((await call('GET', 'entities/')).json()).toHaveLength(6)
  expect((await call('GET', 'entities/other?fetchState=TRUE')).json()).toMatchObject([{ state: 1 }])
})

test('the list is bounded by the time of the last operation, both ends included', async () => {
  let time = Date.parse('2026-01-01T00:00:00Z')
  const { call, state } = await startApi({ now: () => time, leaseMs: 1e9 })
  for (const key of ['a', 'b', 'c']) {
    await call('POST', `entities/counter/${key}?op=add`, { headers: json, body: '1' })
    await state(key)
    time += 1000
  }
  const list = async (query: string) => {
    const found = (await call('GET', `entities?${query}`)).json() as { entityId: { key: string } }[]
    return found.map(({ entityId }) => entityId.key).join('')
  }
  expect(await list('lastOperationTimeFrom=2026-01-01T00:00:01Z')).toBe('bc')
  expect(await list('lastOperationTimeTo=2026-01-01T00:00:01Z')).toBe('ab')
  expect(await list('lastOperationTimeFrom=soon')).toBe('abc')
})

test.each([
  ['POST', 'orchestrators/flow', 400],
  ['POST', 'orchestrators/flow/my-id', 400],
  ['GET', 'orchestrators/flow', 404],
  ['GET', 'instances/abc', 404],
  ['DELETE', 'instances/abc', 404],
  ['DELETE', 'instances/', 400],
  ['DELETE', 'instances/?createdTimeFrom=2026-01-01T00:00:00Z', 404],
  ['POST', 'instances/abc/raiseEvent/go', 404],
  ['POST', 'instances/abc/terminate?reason=x', 404],
  ['POST', 'instances/abc/suspend', 404],
  ['POST', 'instances/abc/resume', 404],
  ['POST', 'instances/abc/rewind', 404],
  ['POST', 'instances/abc/restart', 400],
  ['POST', 'instances/abc/dance', 404],
  ['GET', 'instances/abc/terminate', 404],
  ['POST', 'makeprimary', 200],
  ['PUT', 'entities/counter/k', 404],
  ['POST', 'entities', 404],
  ['GET', 'entities/counter/k/more', 404],
  ['GET', '', 404],
  ['GET', 'nonsense', 404],
])('%s %s answers %i on a hub without orchestrations', async (method, path, status) => {
  const { call } = await startApi()
  const answer = await call(method, path)
  expect(answer.status).toBe(status)
  if (status !== 400) expect(answer.text).toBe('')
})

test('a request for another task hub is answered by the one there is, which is told once', async () => {
  const { call, logs } = await startApi()
  for (const hub of ['testhubname', 'Other', 'Other']) {
    expect((await call('GET', `instances/?taskHub=${hub}`)).status).toBe(200)
  }
  expect(logs.filter(({ message }) => message.includes("names the task hub 'Other'"))).toHaveLength(1)
  expect(logs.filter(({ message }) => message.includes('testhubname'))).toEqual([])
})

test('the list of orchestrations is empty', async () => {
  const { call } = await startApi()
  expect((await call('GET', 'instances/?runtimeStatus=Running')).json()).toEqual([])
})

test('a start names what is wrong: the JSON, or the function', async () => {
  const { call } = await startApi()
  expect((await call('POST', 'orchestrators/flow', { body: '{bad' })).json().Message).toBe(
    'Invalid JSON content',
  )
  expect((await call('POST', 'orchestrators/flow', { body: '""' })).json().ExceptionMessage).toBe(
    "The function 'flow' doesn't exist, is disabled, or is not an orchestrator function. Additional info: No orchestrator functions are currently registered!",
  )
})
