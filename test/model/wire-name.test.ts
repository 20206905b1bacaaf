import { expect, test } from 'vitest'
import type { ChatMessage } from '../../src/core/messages.js'
import { toPrompt } from '../../src/model/ai-sdk/prompt.js'
import { toChatCompletionsMessages } from '../../src/model/openai/chat-completions-messages.js'
import { toResponsesInput } from '../../src/model/openai/responses-input.js'

test.each([
  ['get-weather_2', 'get-weather_2'],
  ['functions.look', 'functions_look'],
  ['schau nach!', 'schau_nach_'],
  ['', 'unknown'],
  ['x'.repeat(70), 'x'.repeat(64)],
])('a call of "%s" goes back as one that the API takes', (name, expected) => {
  const call = { type: 'functionCall', callId: 'a', name, arguments: {} } as const
  const message: ChatMessage = { role: 'assistant', contents: [call] }
  expect(toChatCompletionsMessages([message])).toMatchObject([
    { tool_calls: [{ id: 'a', function: { name: expected } }] },
  ])
  const result: ChatMessage = {
    role: 'tool',
    contents: [{ type: 'functionResult', callId: 'a', error: 'no' }],
  }
  expect(toPrompt([message, result])).toMatchObject([
    { content: [{ toolName: expected }] },
    { content: [{ toolName: expected }] },
  ])
  expect(toResponsesInput([message], { sendsReasoning: true })).toMatchObject([
    { call_id: 'a', name: expected },
  ])
})

test('arguments that are no object go to providers of the AI SDK as an empty one', () => {
  const call = { type: 'functionCall', callId: 'a', name: 'look', arguments: '{"at": ' } as const
  expect(toPrompt([{ role: 'assistant', contents: [call] }])).toMatchObject([{ content: [{ input: {} }] }])
})
