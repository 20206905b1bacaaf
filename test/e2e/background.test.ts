import { afterAll, expect, test, vi } from 'vitest'
import { type ResponsesServer, startResponsesServer } from '../support/responses-server.js'
import { toStreamedText } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const text = 'Space and time are one, and bend.'

/** A provider that holds its answer back until it is released. */
async function startProvider(): Promise<ResponsesServer> {
  const provider = await startResponsesServer({ script: [{ reasoning: ['Hm'], text, holdAfterEvents: 16 }] })
  bed.atEnd(() => void provider.close())
  return provider
}

function startApp(
  provider: ResponsesServer,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningApp> {
  return bed.startApp({
    entry: 'test/fixtures/apps/e2e-background/app.js',
    agent: 'Researcher',
    dataDir,
    env: {
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: 'key-of-the-tests',
      OPENAI_API: 'responses',
      ...env,
    },
  })
}

test('a host that is killed while the provider works comes back to the same answer', async () => {
  const provider = await startProvider()
  const dataDir = await bed.createFolder()
  const first = await startApp(provider, dataDir)
  const request = { message: 'Explain relativity.', sessionId: 'ann', waitForResponse: false }
  await first.api.run(request, { 'idempotency-key': 'q-1' })
  const seen = await first.api.events('ann', 'q-1')
  await seen.waitForType('message.delta')
  await first.stop('SIGKILL')
  const { api } = await startApp(provider, dataDir)
  await vi.waitFor(() => expect(provider.visits).toHaveLength(1), 15_000)
  provider.release()
  expect(await api.waitForOutcome('ann', 'q-1')).toMatchObject({ status: 'success', response: text })
  expect(provider.requests).toHaveLength(1)
  expect(provider.visits).toEqual(['GET /v1/responses/resp_1?stream=true'])
  const events = await (await api.events('ann', 'q-1')).end()
  expect(toStreamedText(events)).toBe(text)
  expect(JSON.stringify(events)).not.toMatch(/providerData|encrypted_content|resp_1/)
})

test('a run that is parked for its answer counts as running, and takes the answer with it when it is cancelled', async () => {
  const provider = await startProvider()
  const { api } = await startApp(provider, await bed.createFolder(), { E2E_OPERATION_MS: '2000' })
  const request = { message: 'Explain relativity.', sessionId: 'ann', waitForResponse: false }
  await api.run(request, { 'idempotency-key': 'q-1' })
  const seen = await api.events('ann', 'q-1')
  expect((await seen.waitForType('run.parked')).data).toMatchObject({ reason: 'background' })
  const { body } = await api.state('ann')
  expect(body).toMatchObject({ status: 'running', run: { correlationId: 'q-1', status: 'running' } })
  expect(body.approvals).toBeUndefined()
  expect((await api.outcome('ann', 'q-1')).body.status).toBe('running')
  await api.cancel('ann', 'q-1')
  expect(await api.waitForOutcome('ann', 'q-1')).toMatchObject({ status: 'cancelled' })
  expect(provider.visits).toEqual(['POST /v1/responses/resp_1/cancel'])
})

test('a session that is deleted takes the answer that is made for it along', async () => {
  const provider = await startProvider()
  const { api } = await startApp(provider, await bed.createFolder(), { E2E_OPERATION_MS: '2000' })
  const request = { message: 'Explain relativity.', sessionId: 'ann', waitForResponse: false }
  await api.run(request, { 'idempotency-key': 'q-1' })
  const seen = await api.events('ann', 'q-1')
  await seen.waitForType('run.parked')
  expect((await api.remove('ann')).status).toBe(204)
  await vi.waitFor(() => expect(provider.visits).toContain('POST /v1/responses/resp_1/cancel'), 15_000)
})
