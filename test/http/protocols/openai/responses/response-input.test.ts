import { describe, expect, test } from 'vitest'
import { toCallId } from '../../../../../src/http/protocols/openai/call-id.js'
import { toApprovalItemId } from '../../../../../src/http/protocols/openai/responses/approval-item-id.js'
import { responseBody } from '../../../../../src/http/protocols/openai/responses/response-body.js'
import { type ItemKind, toItemId } from '../../../../../src/http/protocols/openai/responses/response-id.js'
import {
  toInputItems,
  toResponseInput,
} from '../../../../../src/http/protocols/openai/responses/response-input.js'
import { findHistory } from '../../../../../src/http/protocols/openai/responses/told-history.js'

function read(input: unknown) {
  const items = toInputItems(responseBody.parse({ input }).input)
  return toResponseInput(items, findHistory(items))
}

test('text is a message of the user', () => {
  const contents = [{ type: 'text', text: 'Hi' }]
  const expected = { type: 'messages', messages: [{ role: 'user', contents }], results: [] }
  expect(read('Hi')).toEqual(expected)
  expect(read([{ role: 'user', content: 'Hi' }])).toEqual(expected)
  expect(read([{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }])).toEqual(
    expected,
  )
})

test.each([
  [
    { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
    { type: 'uri', uri: 'https://example.com/a.png', mediaType: 'image/*' },
  ],
  [
    { type: 'input_image', image_url: 'data:image/png;base64,AA==' },
    { type: 'data', uri: 'data:image/png;base64,AA==' },
  ],
  [
    { type: 'input_file', file_url: 'https://example.com/a.pdf' },
    { type: 'uri', uri: 'https://example.com/a.pdf', mediaType: 'application/octet-stream' },
  ],
  [
    { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
    { type: 'data', uri: 'data:application/pdf;base64,AA==' },
  ],
])('%o is media', (part, content) => {
  expect(read([{ role: 'user', content: [part] }])).toEqual({
    type: 'messages',
    messages: [{ role: 'user', contents: [content] }],
    results: [],
  })
})

test('answers are kept apart from messages, which only outputs of tools may come with', () => {
  const decision = {
    type: 'mcp_approval_response',
    approval_request_id: 'r~1',
    approve: false,
    reason: 'No.',
  }
  const output = { type: 'function_call_output', call_id: 'call_1', output: '7' }
  const answers = [decision, output].map((item, index) => ({ index, item, isEarlier: false }))
  expect(read([decision, output])).toEqual({ type: 'answers', answers })
  const message = { role: 'user', content: 'Hi' }
  expect(read([output, message])).toMatchObject({
    type: 'messages',
    messages: [{ role: 'user' }],
    results: [{ index: 0, item: output }],
  })
  expect(() => read([decision, message])).toThrow(/^input: must not mix/)
})

describe('an input that repeats its conversation', () => {
  const toId = (kind: ItemKind, run: string) =>
    toItemId(kind, { agent: 'A', session: 's', run, first: 0, part: 0 }, 0)
  const hello = { role: 'user', content: 'Hi' }
  const says = { role: 'assistant', content: [], id: toId('msg', 'r') }
  const thinks = { type: 'reasoning', summary: [], id: toId('rs', 'r') }
  const asks = { type: 'mcp_approval_request', id: 'r~1', server_label: 'A', name: 'x', arguments: '{}' }
  const decides = { type: 'mcp_approval_response', approval_request_id: 'r~1', approve: true }
  const refer = ({ id }: { id: string }) => ({ type: 'item_reference', id })
  const calls = (callId: string, run = 'r') => {
    const call_id = toCallId({ agent: 'A', session: 's', run, callId })
    return { type: 'function_call', call_id, name: 'x', arguments: '{}', parsed_arguments: {} }
  }
  const gives = (callId: string, run = 'r') => {
    const { call_id } = calls(callId, run)
    return { type: 'function_call_output', call_id, output: '7' }
  }
  const earlier = { isEarlier: true }
  const late = { isEarlier: false }

  test.each([
    ['outputs', [hello, calls('1'), calls('2'), gives('1'), gives('2')], [late, late]],
    [
      'outputs that each follow their call',
      [hello, calls('1'), gives('1'), calls('2'), gives('2')],
      [earlier, late],
    ],
    ['a decision', [hello, says, asks, decides], [late]],
    [
      'outputs of an older run',
      [calls('1', 'a'), gives('1', 'a'), hello, thinks, calls('1'), gives('1')],
      [late],
    ],
  ])('has its answers in %s', (_name, input, placed) => {
    expect(read(input)).toMatchObject({ type: 'answers', answers: placed })
  })

  test('has its messages after what was said last', () => {
    const input = [hello, says, { role: 'user', content: 'And?' }]
    const contents = [{ type: 'text', text: 'And?' }]
    expect(read(input)).toEqual({ type: 'messages', messages: [{ role: 'user', contents }], results: [] })
    expect(read([asks, decides, ...input])).toMatchObject({ type: 'messages', results: [] })
  })

  test('names the run that was told last', () => {
    const find = (input: unknown[]) => findHistory(toInputItems(responseBody.parse({ input }).input))
    expect(find([hello])).toBeUndefined()
    expect(find([asks, decides])).toEqual({ end: 0, run: 'r', named: undefined })
    expect(find([says, calls('1', 'b'), gives('1', 'b')])).toMatchObject({
      end: 1,
      run: 'b',
      named: { path: 'input.1.call_id', key: { run: 'b' }, heard: undefined },
    })
    const named = { path: 'input.0.id', heard: { session: 's', run: 'r', part: 0 } }
    expect(find([refer(says), hello])).toMatchObject({ end: 0, run: 'r', named })
    expect(find([refer(says), refer({ id: 'b~1' }), decides])).toMatchObject({ end: 1, run: 'b', named })
    expect(find([says, { ...asks, id: 'b~1' }])).toMatchObject({ end: 1, run: 'b', named })
    const inSession = (approvalId: string) => ({
      ...asks,
      id: toApprovalItemId({ agent: 'A', session: 's' }, approvalId),
    })
    const key = { agent: 'A', session: 's', run: 'b' }
    const asked = { end: 1, run: 'b', named: { path: 'input.1.id', key, heard: undefined } }
    expect(find([says, inSession('b~1')])).toEqual(asked)
    expect(find([says, refer(inSession('b~1'))])).toEqual(asked)
    expect(find([says, inSession('r~1')])).toMatchObject({ end: 1, run: 'r', named })
  })

  test.each([
    ['input', 'nothing new', [hello, says]],
    ['input.0.id', 'a message that is nobody’s', [{ ...says, id: 'msg_1' }, hello]],
    ['input.0.id', 'reasoning from elsewhere', [{ ...thinks, id: 'rs_x_1' }, hello]],
    ['input.0.id', 'a reference to what is nobody’s', [refer({ id: 'x' }), hello]],
    ['input.0.id', 'a request for approval from elsewhere', [refer({ id: 'mcpr_68' }), hello]],
    ['input.1.call_id', 'a call from elsewhere', [hello, { ...calls('1'), call_id: 'call_1' }, hello]],
    ['input', 'too much that is new', [says, ...Array.from({ length: 101 }, () => hello)]],
  ])('is refused by %s with %s', (path, _name, input) => {
    expect(() => read(input)).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
    )
  })

  test('may repeat as much as there is', () => {
    const past = Array.from({ length: 200 }, () => [hello, says]).flat()
    expect(read([...past, hello])).toMatchObject({ messages: [{ role: 'user' }] })
  })
})
