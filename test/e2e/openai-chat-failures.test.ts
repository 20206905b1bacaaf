import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChatScene, catchError, says } from '../support/chat-scene.js'
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

  test('as it waits for a human lets no other message of its session wait behind it', async () => {
    chat.book.add('refund 9', callTools(call('refund', { order: 9 })))
    const headers = { 'x-session-id': 'asking', 'idempotency-key': 'r9' }
    const before = { ...headers, 'idempotency-key': 'before' }
    const known = await chat.ask('Hi', before)
    await catchError(chat.ask('refund 9', headers))
    for (const stream of [false, true]) {
      const body = { model: 'Assistant', messages: says('Hello?'), stream }
      const asked = chat.client.chat.completions.create(body, { headers: { 'x-session-id': 'asking' } })
      const error = await catchError(asked)
      expect(error).toMatchObject({ status: 409, code: 'approval_required' })
      expect(error.message).toContain('run "r9" of session "asking"')
    }
    expect(await chat.ask('Hi', before)).toEqual(known)
    const { body } = await chat.app.api.outcome('asking', 'r9')
    await chat.app.api.decide('asking', body.approvals?.[0]?.approvalId ?? '', { decision: 'reject' })
    const { choices } = await chat.ask('Hello?', { 'x-session-id': 'asking' })
    expect(choices[0]?.message.content).toBe('You said: Hello?')
    expect((await chat.app.api.state('asking')).body.message_count).toBe(3)
  })

  test('as it waits for a human is nothing that others learn of', async () => {
    chat.book.add('refund 10', callTools(call('refund', { order: 10 })))
    const ann = { 'x-session-id': 'anns-refund', 'x-user': 'ann' }
    expect(await catchError(chat.ask('refund 10', ann))).toMatchObject({ status: 409 })
    const error = await catchError(chat.ask('Hello?', { ...ann, 'x-user': 'mallory' }))
    expect(error).toMatchObject({ status: 404, code: 'not_found' })
  })
})
