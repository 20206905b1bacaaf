import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createA2aAgent } from '../../../src/agent/a2a/create-a2a-agent.js'
import { ask, createFar, hello, idempotent, methods, toTokens, toWords } from '../../support/a2a-far.js'
import { type A2aStep, adds, becomes, type CardChanges, says, task } from '../../support/a2a-server.js'

const continuation = JSON.stringify({ messageId: 'm', taskId: 'task-1' })
const rest: CardChanges = (url) => ({
  supportedInterfaces: [{ url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' }],
})

test('waits no longer than a request may take for a stream that says nothing', async () => {
  const silent: A2aStep = { frames: [], stays: true }
  const options = { requestTimeoutMs: 300 }
  expect((await ask(await createFar([silent], options))).error).toMatchObject({ code: 'outcome_unknown' })
  const scene = await createFar(
    [silent, { frames: [{ task: says('COMPLETED', 'Hello') }] }],
    options,
    idempotent,
  )
  expect(toWords((await ask(scene)).events)).toEqual(['+Hello', '=Hello'])
})

test.each<[string, A2aStep, CardChanges | undefined]>([
  ['an internal error', { error: { code: -32603, message: 'secret' } }, undefined],
  ['too many requests', { status: 429 }, undefined],
  ['a time limit of its gateway', { status: 408 }, undefined],
  ['a gateway that finds nobody, by HTTP+JSON', { status: 502 }, rest],
  ['too many requests, by HTTP+JSON', { status: 429 }, rest],
  ['an answer that is no JSON', { text: '<html>', type: 'text/html' }, undefined],
  ['an answer that is none', { result: {} }, undefined],
  ['another task', { result: task('COMPLETED', { id: 'task-2' }) }, undefined],
])('a task goes on that cannot be asked for because of %s', async (_what, step, changes) => {
  const scene = await createFar([step], {}, changes)
  const { events, error } = await ask(scene, { ...hello, continuation }, { follow: false })
  expect([error, toTokens(events).map((token) => JSON.parse(token).taskId)]).toEqual([undefined, ['task-1']])
})

test.each<[string, A2aStep, CardChanges | undefined]>([
  ['not found', { status: 404 }, undefined],
  ['not found, by HTTP+JSON', { status: 404 }, rest],
  ['not for us, by HTTP+JSON', { status: 403 }, rest],
  ['no task that it knows', { error: { code: -32001, message: '' } }, undefined],
])('a run fails whose task is %s', async (_what, step, changes) => {
  const { error } = await ask(await createFar([step], {}, changes), { ...hello, continuation })
  expect(error).toMatchObject({ code: 'model_error', retryable: false })
})

test.each<[string, A2aStep, CardChanges | undefined]>([
  ['has failed with it', { error: { code: -32603, message: 'secret' } }, undefined],
  ['is hidden by a gateway', { status: 504 }, rest],
  ['answers with nothing', { result: {} }, undefined],
  ['answers with a task that has no id', { frames: [{ task: task('WORKING', { id: '' }) }] }, undefined],
])('a message may have arrived when the agent %s', async (_what, step, changes) => {
  expect((await ask(await createFar([step], {}, changes))).error).toMatchObject({ code: 'outcome_unknown' })
  const safe: CardChanges = (url) => ({ ...changes?.(url), ...idempotent(url) })
  const scene = await createFar([step, { status: 403 }], {}, safe)
  expect((await ask(scene)).error).toMatchObject({ code: 'model_error', retryable: false })
  expect(scene.server.calls).toHaveLength(2)
})

test('a message that may have arrived outlasts an outage, and is not held for one that has not', async () => {
  const scene = await createFar([{ hangUp: true }], {}, idempotent)
  const first = await ask(scene, hello, { follow: false })
  await scene.server[Symbol.asyncDispose]()
  const continuation = toTokens(first.events).at(-1) ?? ''
  const second = await ask(scene, { ...hello, continuation }, { follow: false })
  for (const { error, events } of [first, second]) {
    expect(error).toBe(undefined)
    const token = JSON.parse(toTokens(events).at(-1) ?? '')
    expect(token).toEqual({ messageId: expect.any(String), unreachableSince: expect.any(Number) })
  }
})

test('what is missed between asking for a task and following it is asked for at its end', async () => {
  const scene = await createFar([
    { frames: [{ task: task('WORKING') }, adds('He')] },
    { result: says('WORKING', 'Hel') },
    { frames: [adds(' world'), becomes('COMPLETED')] },
    { result: says('COMPLETED', 'Hello world') },
  ])
  expect(toWords((await ask(scene)).events)).toEqual([
    '+He',
    '+l',
    '+ world',
    'reset',
    '+Hello world',
    '=Hello world',
  ])
})

test('a message that was one too many is sent again', async () => {
  const scene = await createFar([{ status: 429 }, { frames: [{ task: says('COMPLETED', 'Hello') }] }])
  const { events } = await ask(scene)
  expect(toWords(events)).toEqual(['+Hello', '=Hello'])
  expect(toTokens(events).map((token) => JSON.parse(token).isUnsent)).toEqual([
    undefined,
    true,
    undefined,
    undefined,
  ])
})

test('an answer that is too long has arrived', async () => {
  const plain: CardChanges = () => ({ capabilities: {} })
  const scene = await createFar([{ result: { task: says('COMPLETED', 'x'.repeat(2 ** 24)) } }], {}, plain)
  const { events, error } = await ask(scene)
  expect(error).toMatchObject({ code: 'model_error', message: expect.stringContaining('bytes') })
  expect(toTokens(events).map((token) => JSON.parse(token).isUnsent)).toEqual([undefined])
})

test('headers that cannot be made now are asked for again, and nothing is sent without them', async () => {
  let calls = 0
  const headers = () => {
    calls += 1
    if (calls === 2) throw new Error('The key of the vault is away.')
    return { 'x-key': 'k' }
  }
  const scene = await createFar([{ frames: [{ task: says('COMPLETED', 'Hello') }] }], { headers })
  expect(toWords((await ask(scene)).events)).toEqual(['+Hello', '=Hello'])
  expect(scene.server.calls.map((call) => call.headers['x-key'])).toEqual(['k'])
})

test('a header that cannot be sent is told without its value', async () => {
  const { error } = await ask(await createFar([], { headers: { 'x-key': 'sec\nret' } }))
  expect(error).toMatchObject({ code: 'invalid_configuration', message: expect.stringContaining('x-key') })
  expect(`${error} ${(error as Error).cause}`).not.toContain('ret')
})

test('stops at once while the card, or headers, are waited for', async () => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const headers of [{}, () => new Promise<never>(() => {})]) {
    const { client } = createA2aAgent({ name: 'Far', url, allowPrivateNetwork: true, headers })
    for (const request of [hello, { ...hello, continuation }]) {
      const controller = new AbortController()
      const asked = ask({ client }, request, { signal: controller.signal })
      setImmediate(() => controller.abort(new Error('Enough.')))
      expect((await asked).error).toEqual(new Error('Enough.'))
    }
  }
})

test('a stream may begin with what becomes of its task, and tells of no other', async () => {
  const other = { ...(becomes('FAILED') as { readonly statusUpdate: object }) }.statusUpdate
  const frames = [
    becomes('WORKING'),
    adds('Hel', false),
    { statusUpdate: { ...other, taskId: 'task-2' } },
    adds('lo'),
    becomes('COMPLETED'),
  ]
  const scene = await createFar([{ frames }])
  const { events } = await ask(scene)
  expect(toWords(events)).toEqual(['+Hel', '+lo', '=Hello'])
  expect(JSON.parse(toTokens(events).at(-1) ?? '')).toMatchObject({ taskId: 'task-1' })
  expect(methods(scene)).toEqual(['SendStreamingMessage'])
})

test.each([
  ['HTTP+JSON', rest],
  ['JSON-RPC', undefined],
])('what is no event is logged nowhere, by %s', async (_binding, changes) => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => logged.mockRestore())
  const step: A2aStep = { text: 'data: {"key": secret}\n\n', type: 'text/event-stream' }
  const { error } = await ask(await createFar([step], {}, changes))
  expect(error).toMatchObject({ code: 'outcome_unknown' })
  expect(String(error)).not.toContain('secret')
  expect(logged).not.toHaveBeenCalled()
})

test('follows no task that takes back and tells without end', async () => {
  const piece = 'x'.repeat(3 * 2 ** 20)
  const frames = ['a', 'b', 'c', 'd'].map((letter) => adds(letter + piece, false))
  const told: A2aStep = { frames: [{ task: task('WORKING') }, ...frames] }
  const scene = await createFar([told, { result: task('WORKING') }, told])
  const { error } = await ask(scene)
  expect(error).toMatchObject({ code: 'model_error', retryable: false })
  expect(methods(scene)).toEqual(['SendStreamingMessage', 'GetTask', 'SubscribeToTask'])
})
