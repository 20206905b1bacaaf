import { expect, test } from 'vitest'
import { sendWhenDue } from '../../src/orchestration/schedule-orchestrator.js'
import { dispatch, type HistoryEvent, replied } from './replay.js'

const sendAt = '2026-01-01T01:00:00.000Z'
const input = { agent: 'Writer', session: 's', correlationId: 'r', sendAt }
const waits = { actionType: 5, fireAt: sendAt }
const sends = { instanceId: '@dafx-writer@s', operation: 'send', input: { correlationId: 'r', sendAt } }

function fired(timer: number): HistoryEvent {
  return { EventType: 11, TimerId: timer }
}

const patience = { actionType: 5, fireAt: '2026-01-01T00:15:00.000Z' }

test('it waits until the message is due, and has the entity send it', async () => {
  expect((await dispatch(sendWhenDue, input)).actions).toMatchObject([waits])
  const asked = await dispatch(sendWhenDue, input, [fired(0)])
  expect(asked.isDone).toBe(false)
  expect(asked.actions).toMatchObject([waits, { compoundActions: [sends, patience] }])
  const { isDone, actions } = await dispatch(sendWhenDue, input, [fired(0), ...replied(1, null)])
  expect(isDone).toBe(true)
  expect(actions).toMatchObject([waits, { compoundActions: [sends, { ...patience, isCanceled: true }] }])
})

test('it asks again when nothing has answered for a quarter of an hour', async () => {
  const { isDone, actions } = await dispatch(sendWhenDue, input, [fired(0), fired(2)])
  expect(isDone).toBe(false)
  const asks = { compoundActions: [sends, patience] }
  expect(actions).toMatchObject([waits, asks, asks])
})
