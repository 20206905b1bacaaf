import { describe, expect, test } from 'vitest'
import { createTextMessage, toFunctionCalls } from '../../../src/core/messages.js'
import { ChatCompletionsAnswer } from '../../../src/model/openai/chat-completions-answer.js'
import { toChatCompletionsMessages } from '../../../src/model/openai/chat-completions-messages.js'
import { readAnswer } from '../ask.js'

/** The answer that these chunks make; the last of them ends it. */
function assemble(...chunks: unknown[]) {
  const answer = new ChatCompletionsAnswer({ model: 'asked', messages: [createTextMessage('user', 'Hi')] })
  const events = [...chunks, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }].flatMap((chunk) =>
    answer.add(chunk),
  )
  return readAnswer([...events, answer.complete()])
}

function calls(...pieces: object[]) {
  const chunks = pieces.map((piece) => ({ choices: [{ delta: { tool_calls: [piece] } }] }))
  return toFunctionCalls(assemble(...chunks).message).map((call) => [call.callId, call.name, call.arguments])
}

describe('reads what compatible servers send', () => {
  test('chunks without choices, before and after', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 }
    const filter = { choices: [], prompt_filter_results: [] }
    const text = { model: 'answered', choices: [{ delta: { role: 'assistant', content: 'Hi' } }] }
    expect(assemble(filter, text, { choices: null }, { usage })).toEqual({
      message: { role: 'assistant', contents: [{ type: 'text', text: 'Hi' }] },
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      finishReason: 'stop',
      model: 'answered',
    })
  })

  test('a running usage in every chunk: the last one counts', () => {
    const usages = [1, 2, 3].map((count) => ({
      usage: { prompt_tokens: 5, completion_tokens: count, total_tokens: 5 + count },
    }))
    expect(assemble(...usages).usage).toEqual({ inputTokens: 5, outputTokens: 3, totalTokens: 8 })
  })

  test('no name of a model: the one that was asked', () => {
    expect(assemble().model).toBe('asked')
  })

  test('text in parts', () => {
    const content = [{ type: 'text', text: 'one ' }, { type: 'reference' }, { type: 'text', text: 'two' }]
    expect(assemble({ choices: [{ delta: { content } }] }).message.contents).toEqual([
      { type: 'text', text: 'one two' },
    ])
  })

  test('reasoning beside an empty text of the other name', () => {
    const delta = { reasoning_content: '', reasoning: 'Hm' }
    expect(assemble({ choices: [{ delta }] }).message.contents).toEqual([{ type: 'reasoning', text: 'Hm' }])
  })

  test('what Gemini wants back with a call', () => {
    const extra_content = { google: { thought_signature: 'c2ln' } }
    const piece = { index: 0, id: 'a', function: { name: 'add', arguments: '{}' }, extra_content }
    const { message } = assemble({ choices: [{ delta: { tool_calls: [piece] } }] })
    expect(toChatCompletionsMessages([message], 'asked')).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'add', arguments: '{}' }, extra_content },
        ],
      },
    ])
    expect(JSON.stringify(toChatCompletionsMessages([message], 'other'))).not.toContain('c2ln')
  })

  test('pieces of two calls in turns', () => {
    const a = { index: 0, id: 'a', function: { name: 'add', arguments: '{"x"' } }
    const b = { index: 1, id: 'b', function: { name: 'sub', arguments: '{"y"' } }
    const more = (index: number, text: string) => ({ index, function: { arguments: text } })
    expect(calls(a, b, more(0, ':1}'), more(1, ':2}'))).toEqual([
      ['a', 'add', { x: 1 }],
      ['b', 'sub', { y: 2 }],
    ])
  })

  test('the id and name again in every piece', () => {
    const piece = (text: string) => ({ index: 0, id: 'a', function: { name: 'add', arguments: text } })
    expect(calls(piece('{"x"'), piece(':1}'))).toEqual([['a', 'add', { x: 1 }]])
  })

  test('an empty id in later pieces', () => {
    const later = { index: 0, id: '', function: { name: '', arguments: ':1}' } }
    expect(calls({ index: 0, id: 'a', function: { name: 'add', arguments: '{"x"' } }, later)).toEqual([
      ['a', 'add', { x: 1 }],
    ])
  })

  test('the id only in a later piece', () => {
    const later = { index: 0, id: 'a', function: { arguments: ':1}' } }
    expect(calls({ index: 0, function: { name: 'add', arguments: '{"x"' } }, later)).toEqual([
      ['a', 'add', { x: 1 }],
    ])
  })

  test('keeps arguments as text that are nested too deep to be written again', () => {
    const text = `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(calls({ index: 0, id: 'a', function: { name: 'add', arguments: text } })).toEqual([
      ['a', 'add', text],
    ])
  })

  test('the index 0 for every call', () => {
    const call = (id: string) => ({ index: 0, id, function: { name: 'add', arguments: '{}' } })
    expect(calls(call('a'), call('b'))).toEqual([
      ['a', 'add', {}],
      ['b', 'add', {}],
    ])
  })

  test('no index at all', () => {
    const a = { id: 'a', function: { name: 'add', arguments: '{"x"' } }
    const b = { id: 'b', function: { name: 'sub', arguments: '{}' } }
    expect(calls(a, { function: { arguments: ':1}' } }, b)).toEqual([
      ['a', 'add', { x: 1 }],
      ['b', 'sub', {}],
    ])
  })

  test('arguments that are an object already', () => {
    expect(calls({ index: 0, id: 'a', function: { name: 'add', arguments: { x: 1 } } })).toEqual([
      ['a', 'add', { x: 1 }],
    ])
  })

  test('one id for two calls: the second gets another', () => {
    const call = (index: number) => ({ index, id: 'same', function: { name: 'add', arguments: '{}' } })
    const [first, second] = calls(call(0), call(1)).map(([id]) => id)
    expect(first).toBe('same')
    expect(second).toMatch(/^call_.+_1$/)
  })
})

describe.each(['length', 'content_filter'])('of an answer that was cut off by %s', (finish_reason) => {
  const end = { choices: [{ delta: {}, finish_reason }] }

  test.each(['', ' ', '{', '{"x":', '{"x":1'])('the call that has got as far as "%s" is left out', (text) => {
    const answer = new ChatCompletionsAnswer({ model: 'asked', messages: [] })
    const whole = { index: 0, id: 'a', function: { name: 'add', arguments: '{"x":1}' } }
    const cut = { index: 1, id: 'b', function: { name: 'delete_all', arguments: text } }
    answer.add({ choices: [{ delta: { content: 'Well', tool_calls: [whole, cut] } }] })
    answer.add(end)
    expect(readAnswer([answer.complete()])).toMatchObject({
      message: {
        contents: [
          { type: 'text', text: 'Well' },
          { type: 'functionCall', callId: 'a', name: 'add', arguments: { x: 1 } },
        ],
      },
      finishReason: finish_reason,
    })
  })
})

test.each([
  ['text', 'Hello'],
  ['null', null],
  ['choices that are no list', { choices: 'none' }],
  ['a choice that is no object', { choices: ['none'] }],
  ['a delta that is no object', { choices: [{ delta: 'Hello' }] }],
  ['content that is no text', { choices: [{ delta: { content: 5 } }] }],
  ['tool calls that are no list', { choices: [{ delta: { tool_calls: 'add' } }] }],
  ['a tool call that is no object', { choices: [{ delta: { tool_calls: ['add'] } }] }],
  ['a tool call without a name', { choices: [{ delta: { tool_calls: [{ index: 0, id: 'a' }] } }] }],
  ['an empty finish reason', { choices: [{ delta: { content: 'Hi' }, finish_reason: '' }] }],
  ['the finish reason "error"', { choices: [{ delta: {}, finish_reason: 'error' }] }],
  ['calls that are none', { choices: [{ delta: {}, finish_reason: 'tool_calls' }] }],
  [
    'a call in a form of old',
    { choices: [{ delta: { function_call: { name: 'add' } }, finish_reason: 'function_call' }] },
  ],
])('fails retryably on %s', (_, chunk) => {
  const answer = new ChatCompletionsAnswer({ model: 'asked', messages: [] })
  const read = () => {
    answer.add(chunk)
    answer.complete()
  }
  expect(read).toThrow(expect.objectContaining({ code: 'model_error', retryable: true }))
})

test('a second answer does not get into the words of the first', () => {
  const answer = new ChatCompletionsAnswer({ model: 'asked', messages: [] })
  const choice = (index: number, content: string, finish_reason?: string) => ({
    index,
    delta: { content },
    finish_reason,
  })
  answer.add({ choices: [choice(0, 'Hel')] })
  answer.add({ choices: [choice(1, 'Good', 'length')] })
  answer.add({ choices: [choice(1, 'bye'), choice(0, 'lo', 'stop')] })
  expect(readAnswer([answer.complete()])).toMatchObject({
    message: { contents: [{ text: 'Hello' }] },
    finishReason: 'stop',
  })
})

test('what sends nothing, such as a web page, is doubted to be a model server', () => {
  const answer = new ChatCompletionsAnswer({ model: 'asked', messages: [] })
  expect(() => answer.complete()).toThrow('The model server sent no answer. Is its address')
})
