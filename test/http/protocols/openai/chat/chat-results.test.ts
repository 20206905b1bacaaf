import { expect, test } from 'vitest'
import { toCallId } from '../../../../../src/http/protocols/openai/call-id.js'
import {
  type ChatBodyMessage,
  chatMessage,
} from '../../../../../src/http/protocols/openai/chat/chat-message-body.js'
import {
  findEarlierResults,
  parseResults,
} from '../../../../../src/http/protocols/openai/chat/chat-results.js'

const key = { agent: 'A', session: 's', run: 'r' }
const [one, two] = ['c1', 'c2'].map((callId) => toCallId({ ...key, callId }))
const elsewhere = toCallId({ ...key, run: 'q', callId: 'c2' })

function read(...messages: readonly object[]) {
  return parseResults([{ role: 'user', content: 'Hi' }, ...messages].map(place))
}

function place(message: object, at: number) {
  return { ...chatMessage.parse(message), at }
}

function calling(...ids: readonly (string | undefined)[]) {
  const calls = ids.map((id) => ({ id, type: 'function', function: { name: 'show_map', arguments: '{}' } }))
  return { role: 'assistant', content: null, tool_calls: calls }
}

function gives(tool_call_id: string | undefined, content: ToolContent = 'Shown.') {
  return { role: 'tool', tool_call_id, content }
}

type ToolContent = Extract<ChatBodyMessage, { role: 'tool' }>['content']

test('the results at the end of a conversation name their run', () => {
  const parts = [
    { type: 'text', text: 'Sho' },
    { type: 'text', text: 'wn.' },
  ] as const
  expect(read(calling(one, two), gives(two, [...parts]), gives(one, ''))).toEqual({
    key,
    results: [
      { path: 'messages.2.tool_call_id', callId: 'c2', outcome: { result: 'Shown.' } },
      { path: 'messages.3.tool_call_id', callId: 'c1', outcome: { result: '' } },
    ],
  })
})

test('those before are history, whoever gave their ids', () => {
  const before = [calling('x', 'y'), gives('x'), gives('y')]
  expect(read(...before, { role: 'user', content: 'Hi' })).toBeUndefined()
  expect(read(...before, calling(one), gives(one))?.results).toHaveLength(1)
  expect(read()).toBeUndefined()
})

test('those ahead of a new message are read as far as they are ours', () => {
  const user = { role: 'user', content: 'Hi' }
  const find = (...messages: readonly object[]) => findEarlierResults([user, ...messages].map(place), 'A')
  expect(find(calling(one), gives(one), user)).toEqual({
    key,
    results: [{ path: 'messages.2.tool_call_id', callId: 'c1', outcome: { result: 'Shown.' } }],
  })
  expect(find(calling('x', one), gives('x'), gives(one), user)?.results).toHaveLength(1)
  expect(find(calling('x'), gives('x'), user)).toBeUndefined()
  expect(find(calling(one, elsewhere), gives(one), gives(elsewhere), user)).toBeUndefined()
  expect(find(calling(one), gives(one), { role: 'assistant', content: 'Hi' }, user)).toBeUndefined()
  const others = toCallId({ ...key, agent: 'B', callId: 'c1' })
  expect(find(calling(others), gives(others), user)).toBeUndefined()
  expect(find()).toBeUndefined()
})

test.each([
  ['messages.1.tool_call_id', [gives(one)]],
  ['messages.2.tool_call_id', [calling(one), gives(two)]],
  ['messages.3.tool_call_id', [calling(one), gives(one), gives(one)]],
  ['messages.3.tool_call_id', [calling(one), { role: 'user', content: 'Hi' }, gives(one)]],
  ['messages.3.tool_call_id', [calling(one), { role: 'assistant', content: 'Hi' }, gives(one)]],
  ['messages', [calling(one, two), gives(one)]],
  ['messages.2.tool_call_id', [calling('c1'), gives('c1')]],
  ['messages.3.tool_call_id', [calling(one, elsewhere), gives(one), gives(elsewhere)]],
])('what no run can take is refused, naming %s', (path, messages) => {
  const toPath = () => {
    try {
      read(...messages)
    } catch (error) {
      return error
    }
  }
  expect(toPath()).toMatchObject({ code: 'invalid_request', issues: [{ path }] })
})
