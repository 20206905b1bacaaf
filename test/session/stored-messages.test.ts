import { expect, test } from 'vitest'
import type { ChatMessage, Content } from '../../src/core/messages.js'
import { fromStoredMessage, toStoredMessage } from '../../src/session/state/stored-messages.js'

const providerData = {
  openaiResponses: { id: 'x_1', item: { type: 'reasoning', encrypted_content: 'gAAAA' } },
}

const contents: readonly Content[] = [
  { type: 'text', text: 'Hello', providerData },
  { type: 'reasoning', text: 'Hm', providerData },
  { type: 'data', uri: 'data:text/plain,hi', mediaType: 'text/plain' },
  { type: 'uri', uri: 'https://example.com/a.png', mediaType: 'image/png' },
  { type: 'functionCall', callId: 'c1', name: 'now', arguments: { zone: 'UTC' }, providerData },
  { type: 'functionResult', callId: 'c1', result: [1, null] },
  { type: 'error', message: 'No.', errorCode: 'refusal', providerData },
  { type: 'provider', providerData },
]

test.each(contents)('$type contents are stored and read back as they were', (content) => {
  const message: ChatMessage = { role: 'assistant', contents: [content] }
  const stored = JSON.parse(JSON.stringify(toStoredMessage(message)))
  expect(fromStoredMessage(stored)).toEqual(message)
})

test('what only its provider understands is stored under the published name for unknown contents', () => {
  const stored = toStoredMessage({ role: 'assistant', contents: [{ type: 'provider', providerData }] })
  expect(stored.contents).toEqual([{ $type: 'unknown', content: providerData }])
})

test.each([
  { $type: 'unknown', content: 'text' },
  { $type: 'unknown', content: { $type: 'x' } },
  { $type: 'new' },
])('what others stored and nobody here understands is left out: %o', (content) => {
  const message = { role: 'assistant', contents: [content, { $type: 'text', text: 'Hi' }] }
  expect(fromStoredMessage(message)?.contents).toEqual([{ type: 'text', text: 'Hi' }])
})
