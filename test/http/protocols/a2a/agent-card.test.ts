import { expect, test } from 'vitest'
import { Agent } from '../../../../src/agent/agent.js'
import { handleAgentCard } from '../../../../src/http/protocols/a2a/agent-card.js'
import type { Call } from '../../../../src/http/route.js'
import { ScriptedModel } from '../../../../src/testing/scripted-model.js'

const agent = new Agent({ name: 'A', client: new ScriptedModel([]), instructions: 'secret' })

async function read(
  address: string,
  headers: Record<string, string> = {},
  authLevel = 'function',
  callerHosts?: readonly string[],
) {
  const request = new Request(address, { headers })
  const call = {
    request,
    url: new URL(address),
    params: { agent: 'a' },
    authLevel,
    settings: { webhooks: callerHosts && { callerHosts } },
    agents: [agent],
    exposures: new Map(),
  }
  const { body, headers: answered } = await handleAgentCard(call as unknown as Call)
  return { text: String(body), card: JSON.parse(String(body)), headers: answered }
}

const path = '.well-known/agent-card.json'

test.each([
  [`https://app.example.com/api/a2a/a/${path}`, 'https://app.example.com/api/a2a/A'],
  [`http://localhost:7071/a2a/A/${path}`, 'http://localhost:7071/a2a/A'],
])('asked for at %s it names %s', async (address, url) => {
  const { card, headers } = await read(address)
  expect([card.url, card.supportedInterfaces[0].url]).toEqual([url, url])
  expect(headers['cache-control']).toBe('no-store')
})

test('names a key only where one is needed, in the form of the version that is asked for', async () => {
  const newest = { 'a2a-version': '1.0' }
  const address = `http://localhost/api/a2a/a/${path}`
  const scheme = (await read(address, newest)).card.securitySchemes.functionKey
  expect(scheme).toEqual({ apiKeySecurityScheme: { location: 'header', name: 'x-functions-key' } })
  expect((await read(address)).card).toMatchObject({
    protocolVersion: '0.3.0',
    securitySchemes: { functionKey: { type: 'apiKey', in: 'header', name: 'x-functions-key' } },
    security: [{ functionKey: [] }],
  })
  expect((await read(`${address}?A2A-Version=1.0`)).card.securitySchemes.functionKey).toEqual(scheme)
  for (const headers of [{}, newest])
    expect((await read(address, headers, 'anonymous')).text).not.toContain('security')
})

test('says that there are push notifications where callers can be told', async () => {
  for (const headers of [undefined, { 'a2a-version': '1.0' }])
    for (const [callerHosts, expected] of [
      [['hooks.example.com'], true],
      [[], false],
      [undefined, false],
    ] as const) {
      const { card } = await read(`http://localhost/api/a2a/a/${path}`, headers, 'function', callerHosts)
      expect(card.capabilities.pushNotifications).toBe(expected)
    }
})

test('keeps the instructions to itself', async () => {
  expect((await read(`http://localhost/api/a2a/a/${path}`)).text).not.toContain('secret')
})
