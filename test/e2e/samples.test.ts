import { afterAll, expect, test } from 'vitest'
import { waitFor } from '../support/run-scene.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

// Both run as their README says: on the offline demo model.

test('02 survives a crash: the flight is booked under one key, though the server was killed meanwhile', async () => {
  const dataDir = await bed.createFolder()
  const start = () => bed.startApp({ entry: 'samples/02-survives-a-crash', dataDir, agent: 'TravelAgent' })
  const first = await start()
  const request = { message: 'Book a flight to Paris', sessionId: 'ann' }
  const key = { 'Idempotency-Key': 'trip-1' }
  const cutOff = expect(first.api.run(request, key)).rejects.toThrow()
  const booking = /Booking a flight to Paris: attempt (\d), key (\w+)/
  const [, attempt, idempotencyKey] = await first.waitForOutput(booking)
  await first.stop('SIGKILL')
  await cutOff

  const second = await start()
  expect((await second.waitForOutput(booking)).slice(1)).toEqual(['2', idempotencyKey])
  expect(attempt).toBe('1')
  const outcome = await waitFor(async () => {
    const { status, body } = await second.api.outcome('ann', 'trip-1')
    return status === 200 ? body : undefined
  }, 15_000)
  expect(outcome).toMatchObject({ status: 'success', message_count: 1 })
  expect(outcome.response).toContain(idempotencyKey?.slice(0, 6).toUpperCase())
  const repeated = await second.api.run(request, key)
  expect([repeated.status, repeated.body.response]).toEqual([200, outcome.response])
  const events = await (await second.api.events('ann', 'trip-1')).end()
  const story = events.filter(({ type }) => /^(run\.started|tool\.started|run\.completed)$/.test(type))
  expect(story).toMatchObject([
    { type: 'run.started', data: { epoch: 1 } },
    { type: 'tool.started', data: { attempt: 1 } },
    { type: 'run.started', data: { epoch: 2 } },
    { type: 'tool.started', data: { attempt: 2 } },
    { type: 'run.completed' },
  ])
})

test('03 approval: a refund waits for a human over a restart, and runs as the human says', async () => {
  const dataDir = await bed.createFolder()
  const start = () => bed.startApp({ entry: 'samples/03-approval', dataDir, agent: 'SupportAgent' })
  const first = await start()
  const request = { message: 'Refund order 7 with amount 250', sessionId: 'ann' }
  const { status, body } = await first.api.run(request, { 'Idempotency-Key': 'refund-1' })
  expect(status).toBe(202)
  expect(body).toMatchObject({
    status: 'waiting',
    sessionId: 'ann',
    correlationId: 'refund-1',
    approvals: [
      {
        approvalId: expect.stringMatching(/^refund-1~/),
        name: 'refund_order',
        arguments: { order: 7, amount: 250 },
        reason: 'policy',
        expiresAt: expect.any(String),
      },
    ],
  })
  await first.stop()

  const second = await start()
  const approvalId = body.approvals?.[0]?.approvalId ?? ''
  const decision = { decision: 'approve', arguments: { order: 7, amount: 150 } } as const
  expect((await second.api.decide('ann', approvalId, decision)).status).toBe(202)
  const { response } = await second.api.waitForOutcome('ann', 'refund-1')
  expect(response).toMatch(/150/)
  expect((await second.api.decide('ann', approvalId, decision)).status).toBe(409)
})
