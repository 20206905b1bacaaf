import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { createApprovalHandler } from '../../src/http/approval-handler.js'
import { createCancelHandler } from '../../src/http/cancel-handler.js'
import type { Call, Handler } from '../../src/http/route.js'
import { createOutcomeHandler, createStateHandler } from '../../src/http/session-handlers.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { SessionClient } from '../../src/session/client/session-client.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { asks, calls, parked, request, started } from '../run/event-samples.js'

const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })
const key = { agent: 'A', session: 's', run: 'r' }

/** A run that waits for a human, and how often its log is read. */
async function createScene() {
  const log = new MemoryRunLog()
  await log.create(key, request('Pay'))
  await log.append(key, 1, [started(1), calls(0, 'c1'), asks('r~1', 'c1'), parked])
  let reads = 0
  const read = log.read.bind(log)
  log.read = (...which) => {
    reads += 1
    return read(...which)
  }
  const durable = { signalEntity: async () => {}, readEntityState: async () => ({ entityExists: false }) }
  const sessions = new SessionClient(durable as unknown as DurableClient, log)
  const call = async (handle: Handler, body?: object) => {
    reads = 0
    const url = new URL('http://localhost/api/agents/A/s/x')
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const answer = await handle({
      request: new Request(url, { ...init, body: JSON.stringify(body ?? {}) }),
      url,
      params: { sessionId: 's', correlationId: 'r', approvalId: 'r~1' },
      settings: { maxBodyBytes: 1000 },
      sessions,
      log,
    } as unknown as Call)
    return { reads, status: answer.status, body: JSON.parse(String(answer.body)) }
  }
  return { log, call }
}

test('whoever asks about a run that waits has its log read once', async () => {
  const { call } = await createScene()
  const waits = { approvals: [{ approvalId: 'r~1' }], status: 'waiting' }
  expect(await call(createOutcomeHandler(agent))).toMatchObject({ reads: 1, status: 202, body: waits })
  expect(await call(createStateHandler(agent))).toMatchObject({ reads: 1, status: 200, body: waits })
})

test('whoever decides has its log read once, and is told of the run as it stands by that', async () => {
  const { call } = await createScene()
  const decided = await call(createApprovalHandler(agent), { decision: 'approve' })
  expect(decided).toMatchObject({ reads: 1, status: 202, body: { status: 'running' } })
  expect(decided.body).not.toHaveProperty('approvals')
  const again = createApprovalHandler(agent)
  await expect(call(again, { decision: 'reject' })).rejects.toMatchObject({
    code: 'approval_already_decided',
  })
})

test('whoever stops a run has its log read once more, when it can join no other', async () => {
  const { call } = await createScene()
  expect(await call(createCancelHandler(agent))).toMatchObject({ reads: 2, status: 202 })
})
