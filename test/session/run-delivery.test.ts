import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import { type Delivery, runDelivery } from '../../src/session/client/run-delivery.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { SessionClient } from '../../src/session/client/session-client.js'
import { callWork, createSession, createTool, key } from './session-kit.js'

const request = createRunRequest({
  messages: [createTextMessage('user', 'Hi')],
  options: { enableToolCalls: true },
})
const delivery: Delivery = { session: key, id: 'm', request }
const failure = { error: new AgentError('model_error', 'busy', { retryable: true }) }

/** A session whose entity carries out what it is signalled, at once. */
function createDelivered(...args: Parameters<typeof createSession>) {
  const session = createSession(...args)
  const client = {
    signalEntity: (_id: unknown, operation: string, input: unknown) =>
      session.entity.operate(operation, input),
  } as unknown as DurableClient
  const sessions = new SessionClient(client, session.log)
  const deliver = (signal = new AbortController().signal) => runDelivery(sessions, delivery, signal)
  const read = (run: string) => session.log.read({ ...key, run })
  return { ...session, deliver, read }
}

test('a message that is delivered twice is one run', async () => {
  const { deliver, client } = createDelivered([{ text: 'Hello' }])
  expect((await deliver())?.response).toBe('Hello')
  expect((await deliver())?.response).toBe('Hello')
  expect(client.requests).toHaveLength(1)
})

test('a failure that may pass throws, and the next delivery is another run', async () => {
  const { deliver, read } = createDelivered([failure, { text: 'Hello' }])
  await expect(deliver()).rejects.toMatchObject({ code: 'model_error', retryable: true })
  expect((await deliver())?.correlationId).toBe('m.2')
  expect(await read('m.3')).toEqual([])
})

test('a failure that stays throws at each delivery, at no cost', async () => {
  const { deliver, client } = createDelivered([callWork(1)], {
    agent: { maxSteps: 1 },
    tools: [createTool().made],
  })
  for (const _delivery of [1, 2, 3]) {
    await expect(deliver()).rejects.toMatchObject({ code: 'max_steps_exceeded', retryable: false })
  }
  expect(client.requests).toHaveLength(1)
})

test('so does one whose model will not do it however often it is asked', async () => {
  const { deliver, client } = createDelivered([{ error: new AgentError('model_error', 'It answered 401.') }])
  for (const _delivery of [1, 2]) {
    await expect(deliver()).rejects.toMatchObject({ code: 'model_error', retryable: false })
  }
  expect(client.requests).toHaveLength(1)
})

test('a run that waits for a human, or was cancelled, is no failure', async () => {
  const { deliver, log, entity } = createDelivered([callWork(1)], {
    tools: [createTool({ approval: 'always' }).made],
  })
  expect(await deliver()).toBeUndefined()
  await log.control({ ...key, run: 'm' }, { type: 'cancel', reason: 'enough' })
  await entity.operate('continue', { correlationId: 'm' })
  expect(await deliver()).toBeUndefined()
})

test('a run that takes too long is left to itself, and found again', async () => {
  const session = createSession([{ text: 'Hello' }])
  const signals: unknown[] = []
  const client = {
    signalEntity: async (_id: unknown, ...signal: unknown[]) => void signals.push(signal),
  } as unknown as DurableClient
  const sessions = new SessionClient(client, session.log)
  expect(await runDelivery(sessions, delivery, AbortSignal.abort())).toBeUndefined()
  await session.entity.operate('run', { correlationId: 'm' })
  expect((await runDelivery(sessions, delivery, new AbortController().signal))?.response).toBe('Hello')
  expect(signals).toEqual([['run', { correlationId: 'm' }]])
})
