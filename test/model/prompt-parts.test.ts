import { expect, test } from 'vitest'
import type { Content } from '../../src/core/messages.js'
import { toResultText, toUserParts } from '../../src/model/prompt-parts.js'

test('a model is shown the texts and media of a message in their order, of a failure its words, and nothing else', () => {
  const contents: readonly Content[] = [
    { type: 'error', message: 'It failed.' },
    { type: 'reasoning', text: 'hm' },
    { type: 'uri', uri: 'https://a/b.png', mediaType: 'image/png' },
    { type: 'functionCall', callId: '1', name: 'f', arguments: {} },
    { type: 'data', uri: 'data:,x' },
    { type: 'functionResult', callId: '1', result: 1 },
    { type: 'provider', providerData: {} },
    { type: 'text', text: 'Look.' },
  ]
  const parts = toUserParts<unknown>(contents, {
    text: (text) => text,
    data: ({ uri }) => ({ data: uri }),
    uri: ({ uri }) => ({ uri }),
  })
  expect(parts).toEqual(['It failed.', { uri: 'https://a/b.png' }, { data: 'data:,x' }, 'Look.'])
})

test.each([
  [{ result: 'as it is' }, 'as it is'],
  [{ result: { n: 1 } }, '{"n":1}'],
  [{}, 'null'],
  [{ result: 1, error: 'no' }, 'Error: no'],
])('what a tool gave becomes text: %j', (given, text) => {
  expect(toResultText({ type: 'functionResult', callId: '1', ...given })).toBe(text)
})
