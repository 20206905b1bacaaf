import { expect, test } from 'vitest'
import type { ChatMessage, Content } from '../../../src/core/messages.js'
import { toChatCompletionsMessages } from '../../../src/model/openai/chat-completions-messages.js'

const png = 'data:image/png;base64,iVBORw0KGgo='
const call = { type: 'functionCall', callId: 'c1', name: 'add', arguments: { a: 1 } } as const
const wireCall = { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }

function user(...contents: Content[]): ChatMessage {
  return { role: 'user', contents }
}

function assistant(...contents: Content[]): ChatMessage {
  return { role: 'assistant', contents }
}

test.each<[string, ChatMessage, object[]]>([
  [
    'instructions',
    { role: 'system', contents: [{ type: 'text', text: 'Be brief.' }] },
    [{ role: 'system', content: 'Be brief.' }],
  ],
  ['one text', user({ type: 'text', text: 'Hi' }), [{ role: 'user', content: 'Hi' }]],
  ['nothing', user(), [{ role: 'user', content: '' }]],
  [
    'several texts',
    user({ type: 'text', text: 'Hi' }, { type: 'text', text: 'there' }),
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: 'there' },
        ],
      },
    ],
  ],
  [
    'the name of a speaker',
    { ...user({ type: 'text', text: 'Hi' }), authorName: 'Ann_1' },
    [{ role: 'user', content: 'Hi', name: 'Ann_1' }],
  ],
  [
    'no name that the API refuses',
    { ...user({ type: 'text', text: 'Hi' }), authorName: 'Ann Lee' },
    [{ role: 'user', content: 'Hi' }],
  ],
  [
    'an image by URL',
    user({ type: 'uri', uri: 'https://example.com/a.png', mediaType: 'image/png' }),
    [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }],
  ],
  [
    'an image in the message',
    user({ type: 'data', uri: png }),
    [{ role: 'user', content: [{ type: 'image_url', image_url: { url: png } }] }],
  ],
  [
    'a file in the message',
    user({ type: 'data', uri: 'data:application/pdf;base64,JVBERg==' }),
    [
      {
        role: 'user',
        content: [
          { type: 'file', file: { filename: 'file.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
        ],
      },
    ],
  ],
  [
    'sound in the message',
    user({ type: 'data', uri: 'data:audio/mpeg;base64,SUQz' }),
    [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } }] }],
  ],
  [
    'an image whose media type is in capitals',
    user(
      { type: 'data', uri: 'data:;base64,AAAA', mediaType: 'IMAGE/PNG' },
      { type: 'uri', uri: 'https://example.com/a.png', mediaType: 'Image/png' },
    ),
    [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:;base64,AAAA' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        ],
      },
    ],
  ],
  [
    'a media type that overrules the URI',
    user({ type: 'data', uri: 'data:;base64,AAAA', mediaType: 'image/webp' }),
    [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:;base64,AAAA' } }] }],
  ],
  [
    'a file by URL, as a mention of it',
    user({ type: 'uri', uri: 'https://example.com/a.pdf', mediaType: 'application/pdf' }),
    [{ role: 'user', content: 'https://example.com/a.pdf (application/pdf)' }],
  ],
  ['an answer', assistant({ type: 'text', text: 'Hello' }), [{ role: 'assistant', content: 'Hello' }]],
  [
    'an answer without its reasoning',
    assistant({ type: 'reasoning', text: 'Hm' }, { type: 'text', text: 'Hello' }),
    [{ role: 'assistant', content: 'Hello' }],
  ],
  ['no answer that is reasoning only', assistant({ type: 'reasoning', text: 'Hm' }), []],
  [
    'a refusal',
    assistant({ type: 'error', message: 'I will not.', errorCode: 'refusal' }),
    [{ role: 'assistant', content: 'I will not.' }],
  ],
  ['tool calls', assistant(call), [{ role: 'assistant', content: null, tool_calls: [wireCall] }]],
  [
    'tool calls after text',
    assistant({ type: 'text', text: 'Adding' }, call),
    [{ role: 'assistant', content: 'Adding', tool_calls: [wireCall] }],
  ],
  [
    'an empty object for arguments that are no JSON',
    assistant({ ...call, arguments: '{"a":' }),
    [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ ...wireCall, function: { name: 'add', arguments: '{}' } }],
      },
    ],
  ],
  [
    'every tool result as a message of its own',
    {
      role: 'tool',
      contents: [
        { type: 'functionResult', callId: 'c1', result: 'plain' },
        { type: 'functionResult', callId: 'c2', result: { sum: [1, null] } },
        { type: 'functionResult', callId: 'c3', error: 'no such city' },
        { type: 'functionResult', callId: 'c4' },
      ],
    },
    [
      { role: 'tool', tool_call_id: 'c1', content: 'plain' },
      { role: 'tool', tool_call_id: 'c2', content: '{"sum":[1,null]}' },
      { role: 'tool', tool_call_id: 'c3', content: 'Error: no such city' },
      { role: 'tool', tool_call_id: 'c4', content: 'null' },
    ],
  ],
])('sends %s', (_, message, expected) => {
  expect(toChatCompletionsMessages([message])).toEqual(expected)
})
