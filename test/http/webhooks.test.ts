import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { checkCallerWebhook } from '../../src/http/webhooks/check-caller-webhook.js'
import { sealHeaders } from '../../src/http/webhooks/sealed-headers.js'
import { sendWebhook } from '../../src/http/webhooks/send-webhook.js'
import { createWebhookMessage, toWebhookHeaders } from '../../src/http/webhooks/webhook-message.js'
import { readWebhookOptions } from '../../src/http/webhooks/webhook-options.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunEvent, StoredEvent } from '../../src/run/events.js'
import { fold } from '../../src/run/fold.js'
import type { WebhookCall } from '../../src/session/replies/tell-webhooks.js'
import { completed, request, started } from '../run/event-samples.js'

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const other = `whsec_${Buffer.alloc(24, 2).toString('base64')}`
const url = 'https://hooks.example.com/runs'

describe('options', () => {
  test('one secret or several, a URL or hosts of callers', () => {
    expect(readWebhookOptions({ secret, url })).toMatchObject({ callerHosts: [] })
    const read = readWebhookOptions({
      secret: [secret, other],
      callerHosts: ['Hooks.Example.com', 'localhost:9000'],
    })
    expect(read).toMatchObject({ keys: [Buffer.alloc(32, 1), Buffer.alloc(24, 2)], url: undefined })
  })

  test.each([
    [{ url }, 'secret of webhooks must be'],
    [{ url, secret: [] }, 'secret of webhooks must be'],
    [{ url, secret: 'not so secret' }, 'secret of webhooks must be'],
    [{ url, secret: `whsec_${Buffer.alloc(23).toString('base64')}` }, '24 to 64 bytes'],
    [{ url, secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, '24 to 64 bytes'],
    [{ secret }, 'webhooks needs a url, or callerHosts.'],
    [{ secret, url: 'hooks.example.com' }, 'url of webhooks must be an http or https URL'],
    [{ secret, url: 'https://user:word@hooks.example.com' }, 'without a user name'],
    [{ secret, callerHosts: 'hooks.example.com' }, 'callerHosts of webhooks must be a list'],
    [{ secret, callerHosts: ['https://hooks.example.com'] }, 'callerHosts of webhooks lists host names'],
    [{ secret, callerHosts: ['hooks.example.com/runs'] }, 'callerHosts of webhooks lists host names'],
    [{ secret, callerHosts: ['*.example.com'] }, 'callerHosts of webhooks lists host names'],
    [{ secret, url, hosts: [] }, 'webhooks of AgentFunctionApp has no option "hosts".'],
  ])('%j is refused', (options, said) => {
    expect(() => readWebhookOptions(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
    )
  })

  test('a secret that is refused is not shown', () => {
    expect(() => readWebhookOptions({ url, secret: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })
})

describe("a caller's webhook", () => {
  const callerHosts = ['Hooks.Example.com', 'localhost:9000']

  test.each([
    url,
    'HTTPS://HOOKS.example.com/runs?id=1',
    'https://hooks.example.com:443/',
    'http://localhost:9000/x',
  ])('%s is taken', (webhook) => {
    expect(checkCallerWebhook(webhook, { callerHosts }, 'webhook')).toBe(new URL(webhook).href)
  })

  test.each([
    ['http://hooks.example.com/runs', 'must be an https URL'],
    ['https://hooks.example.com:8443/', 'names a host'],
    ['https://hooks.example.com.evil.net/', 'names a host'],
    ['https://evil.net/?hooks.example.com', 'names a host'],
    ['https://hooks.example.com@evil.net/', 'without a user name'],
    ['https://:word@hooks.example.com/runs', 'or a password'],
    ['https://localhost/', 'names a host'],
    ['http://169.254.169.254/latest', 'names a host'],
    [`${url}?${'x'.repeat(2048)}`, 'up to 2048 characters'],
  ])('%s is refused', (webhook, said) => {
    expect(() => checkCallerWebhook(webhook, { callerHosts }, 'webhook')).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [{ path: 'webhook', message: expect.stringContaining(said) }],
      }),
    )
  })
})

describe('a message', () => {
  const request = { messages: [], options: { enableToolCalls: true }, digest: '' }
  const accepted: RunEvent = { type: 'run.accepted', data: request }
  const failed: RunEvent = {
    type: 'run.failed',
    data: { type: 'about:blank', title: 'T', status: 502, detail: 'D', code: 'model_error' },
  }

  const store = (...events: readonly RunEvent[]): readonly StoredEvent[] =>
    events.map((event, id) => ({ ...event, id, at: 1000 + id }))

  const call: WebhookCall = {
    agent: 'Agent',
    session: 's',
    correlationId: 'r',
    acceptedAt: 1000,
    position: 1,
    to: 'app',
  }

  function create(events: readonly StoredEvent[], given = call) {
    return createWebhookMessage(given, events, fold(events))
  }

  test('says how the run has ended', () => {
    expect(JSON.parse(create(store(accepted, failed))?.body ?? '')).toEqual({
      type: 'run.failed',
      timestamp: '1970-01-01T00:00:01.001Z',
      data: { agent: 'Agent', sessionId: 's', correlationId: 'r', status: 'error', error: failed.data },
    })
  })

  test('there is none of a run that is gone, that waits no longer, or that another one has the name of', () => {
    expect(create([])).toBeUndefined()
    expect(
      create(store(accepted, { type: 'run.parked', data: { reason: 'operation_limit' } })),
    ).toBeUndefined()
    expect(create(store(accepted, failed), { ...call, acceptedAt: 999 })).toBeUndefined()
    expect(
      create(store(accepted, { type: 'run.parked', data: { reason: 'approval' } }, failed)),
    ).toBeUndefined()
  })

  test('is signed by each key as others check it, and no longer fits when anything of it is changed', async () => {
    const message = create(store(accepted, failed))
    if (message === undefined) throw new Error('There is no message.')
    const { webhooks } = new OpenAI({ apiKey: 'none' })
    const { keys } = readWebhookOptions({ secret: [other, secret], url })
    const headers = toWebhookHeaders(message, keys, Date.now())
    for (const one of [secret, other]) await webhooks.verifySignature(message.body, headers, one)
    const wrong = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
    await expect(webhooks.verifySignature(message.body, headers, wrong)).rejects.toThrow()
    await expect(webhooks.verifySignature(`${message.body} `, headers, secret)).rejects.toThrow()
    const old = toWebhookHeaders(message, keys, Date.now() - 600_000)
    await expect(webhooks.verifySignature(message.body, old, secret)).rejects.toThrow()
  })
})

test('what was sealed for a webhook by a secret that is gone is missed, and nothing is sent without it, nor to a host that is no longer allowed', async () => {
  const log = new MemoryRunLog()
  const key = { agent: 'Agent', session: 's', run: 'r' }
  await log.create(key, request())
  await log.append(key, 1, [started(1), completed('Done')])
  const { keys } = readWebhookOptions({ secret, url })
  const headers = sealHeaders({ authorization: 'Bearer x' }, keys)
  const form = 'a2a-1.0' as const
  await log.control(key, { type: 'webhook', id: 'mine', wish: 'w', webhook: { url, form, headers } })
  const events = await log.read(key)
  const run = { agent: 'Agent', session: 's', correlationId: 'r', acceptedAt: events[0]?.at ?? 0 }
  const told = { ...run, position: 2, to: { wish: 'w' } }
  const later = readWebhookOptions({ secret: other, callerHosts: ['hooks.example.com'] })
  await expect(sendWebhook(told, log, later)).rejects.toThrow(
    'at hooks.example.com is to be sent with was sealed',
  )
  expect(await sendWebhook({ ...told, to: { wish: 'other' } }, log, later)).toEqual({ outcome: 'void' })
  const without = readWebhookOptions({ secret, callerHosts: ['hooks.example.org'] })
  expect(await sendWebhook(told, log, without)).toEqual({ outcome: 'void' })
})
