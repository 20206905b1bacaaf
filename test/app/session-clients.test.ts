import { InvocationContext } from '@azure/functions'
import * as df from 'durable-functions'
import { expect, test } from 'vitest'
import { SessionClients } from '../../src/app/session-clients.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'

const input = df.input.durableClient()

/** An invocation as a host makes it, its durable client calling `rpcBaseUrl`. */
function createInvocation(rpcBaseUrl: string | undefined): InvocationContext {
  const context = new InvocationContext({ options: { extraInputs: [input] } })
  context.extraInputs.set(input, { taskHubName: 'Hub', creationUrls: {}, managementUrls: {}, rpcBaseUrl })
  return context
}

test('keeps one client for each address', () => {
  const clients = new SessionClients(new MemoryRunLog())
  const one = clients.get(createInvocation('http://127.0.0.1:1/durabletask/'))
  expect(clients.get(createInvocation('http://127.0.0.1:1/durabletask/'))).toBe(one)
  expect(clients.get(createInvocation('http://127.0.0.1:2/durabletask/'))).not.toBe(one)
})

test('keeps none where the address is not known', () => {
  const clients = new SessionClients(new MemoryRunLog())
  expect(clients.get(createInvocation(undefined))).not.toBe(clients.get(createInvocation(undefined)))
})

test('refuses an invocation without a durable client', () => {
  expect(() => new SessionClients(new MemoryRunLog()).get(new InvocationContext())).toThrow(/durable client/)
})
