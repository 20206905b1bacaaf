import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChatScene, catchError } from '../support/chat-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let chat: ChatScene
beforeAll(async () => {
  chat = await ChatScene.set(bed)
})

describe('a run that does not come to an answer', () => {
  const overloaded = { error: { status: 400, body: { error: { message: 'secret of the provider' } } } }

  test('keeps its status, and is not asked for again by the client', async () => {
    chat.book.add('fail', overloaded)
    const before = chat.model.stats().byKey.fail ?? 0
    const error = await catchError(chat.ask('fail'))
    expect(error).toMatchObject({ status: 502, code: 'model_error', type: 'server_error' })
    expect(error.message).not.toContain('secret')
    expect(error.headers?.get('x-ms-correlation-id')).toMatch(/\w/)
    expect(chat.model.stats().byKey.fail).toBe(before + 1)
  })

  test('ends its stream with an error', async () => {
    chat.book.add('fail in a stream', overloaded)
    const error = await catchError(chat.readChunks('fail in a stream'))
    expect(error).toMatchObject({ code: 'model_error', type: 'server_error' })
  })

  test('as it waits for a human is told with where to decide', async () => {
    chat.book.add('refund 7', callTools(call('refund', { order: 7 })))
    const error = await catchError(
      chat.ask('refund 7', { 'x-session-id': 'refunds', 'idempotency-key': 'r7' }),
    )
    expect(error).toMatchObject({ status: 409, code: 'approval_required' })
    expect(error.headers?.get('location')).toBe(`${chat.app.url}/api/agents/Assistant/refunds/runs/r7`)
    const { body } = await chat.app.api.outcome('refunds', 'r7')
    await chat.app.api.decide('refunds', body.approvals?.[0]?.approvalId ?? '', { decision: 'approve' })
    const { choices } = await chat.ask('refund 7', { 'x-session-id': 'refunds', 'idempotency-key': 'r7' })
    expect(choices[0]?.message.content).toContain('refunded 7')
  })

  test('as it waits for a human ends its stream with that', async () => {
    chat.book.add('refund 8', { text: 'A moment.', ...callTools(call('refund', { order: 8 })) })
    const error = await catchError(chat.readChunks('refund 8'))
    expect(error).toMatchObject({ code: 'approval_required' })
    expect(error.message).toMatch(/run ".+" of session ".+": GET agents\/Assistant\//)
  })
})
