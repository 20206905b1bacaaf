import { expect, test } from 'vitest'
import { createApprovalHandler } from '../../src/http/approval-handler.js'
import { createCancelHandler } from '../../src/http/cancel-handler.js'
import { createOutcomeHandler, createStateHandler } from '../../src/http/session-handlers.js'
import { completed } from '../run/event-samples.js'
import { agent, createWaitingScene } from './waiting-scene.js'

test('whoever asks about a run that waits has its log read once', async () => {
  const { call } = await createWaitingScene()
  const waits = { approvals: [{ approvalId: 'r~1' }], status: 'waiting' }
  expect(await call(createOutcomeHandler(agent))).toMatchObject({ reads: 1, status: 202, body: waits })
  expect(await call(createStateHandler(agent))).toMatchObject({ reads: 1, status: 200, body: waits })
})

test('whoever decides has its log read once, and is told of the run as it stands by that', async () => {
  const { call } = await createWaitingScene()
  const decide = (decision: string) =>
    call(createApprovalHandler(agent), {
      method: 'POST',
      params: { approvalId: 'r~1' },
      body: { decision },
    })
  const decided = await decide('approve')
  expect(decided).toMatchObject({ reads: 1, status: 202, body: { status: 'running' } })
  expect(decided.body).not.toHaveProperty('approvals')
  await expect(decide('reject')).rejects.toMatchObject({ code: 'approval_already_decided' })
})

test('whoever stops a run has its log read once more, when it can join no other', async () => {
  const { call } = await createWaitingScene()
  expect(await call(createCancelHandler(agent), { method: 'POST' })).toMatchObject({ reads: 2, status: 202 })
})

test('whoever comes too late to stop a run is told how it has ended', async () => {
  const { log, key, call } = await createWaitingScene()
  const control = log.control.bind(log)
  log.control = async (...which) => {
    await log.append(key, 5, [completed('Paid')])
    return control(...which)
  }
  const told = await call(createCancelHandler(agent), { method: 'POST' })
  expect(told).toMatchObject({ status: 200, body: { response: 'Paid' } })
})
