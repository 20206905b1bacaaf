import { expect, test } from 'vitest'
import { toToolResult } from '../../../src/agent/mcp/tool-result.js'

const data = { city: 'Oslo', degrees: 3 }

test.each([
  ['text', 'It is cold.', undefined, 'It is cold.'],
  ['data', '', data, data],
  ['data, and the same as text', '{ "degrees": 3, "city": "Oslo" }', data, data],
  ['data, made of the text', 'It is cold.', { result: 'It is cold.' }, { result: 'It is cold.' }],
  [
    'data, and something else as text',
    'It is cold.',
    data,
    { content: 'It is cold.', structuredContent: data },
  ],
])('the model gets what a tool gives as %s', (_name, text, structuredContent, expected) => {
  const content = text === '' ? [] : [{ type: 'text' as const, text }]
  expect(toToolResult({ content, structuredContent })).toEqual(expected)
})
