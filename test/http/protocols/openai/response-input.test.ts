import { expect, test } from 'vitest'
import { responseBody } from '../../../../src/http/protocols/openai/response-body.js'
import { toResponseInput } from '../../../../src/http/protocols/openai/response-input.js'

function read(input: unknown) {
  return toResponseInput(responseBody.parse({ input }).input)
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
  const answers = [decision, output].map((item, index) => ({ index, item }))
  expect(read([decision, output])).toEqual({ type: 'answers', answers })
  const message = { role: 'user', content: 'Hi' }
  expect(read([output, message])).toMatchObject({
    type: 'messages',
    messages: [{ role: 'user' }],
    results: [{ index: 0, item: output }],
  })
  expect(() => read([decision, message])).toThrow(/^input: must not mix/)
})
