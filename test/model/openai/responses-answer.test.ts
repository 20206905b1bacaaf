import { expect, test } from 'vitest'
import { ResponsesAnswer } from '../../../src/model/openai/responses-answer.js'

const message = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }

/** What becomes of an answer whose response never says how it stands: only the events do. */
function read(...types: readonly string[]) {
  const answer = new ResponsesAnswer({ model: 'asked', chains: false })
  for (const type of types) answer.addEvent({ type, response: { id: 'r', output: [message] } })
  return answer
}

test.each(['response.created', 'response.queued', 'response.in_progress'])(
  'an answer whose last event is %s has not ended',
  (type) => {
    const answer = read('response.created', type)
    expect(answer.hasEnded).toBe(false)
    const unfinished = expect.objectContaining({ code: 'model_error', retryable: true })
    expect(() => answer.complete()).toThrow(unfinished)
  },
)

test.each([
  ['response.completed', 'stop'],
  ['response.incomplete', 'length'],
])('an answer whose last event is %s has ended by %s', (type, finishReason) => {
  expect(read('response.created', type).complete()).toMatchObject({ finishReason })
})

test('of a response that was cut off the call is left out that is not whole, whatever is said of it', () => {
  const call = { type: 'function_call', status: 'completed', name: 'add' }
  const output = [
    { ...call, call_id: 'a', arguments: '{"x":1}' },
    { ...call, call_id: 'b', arguments: '{"x":' },
  ]
  const complete = (status: string) => {
    const answer = new ResponsesAnswer({ model: 'asked', chains: false })
    answer.addResponse({ id: 'r', status, output })
    return answer.complete()
  }
  expect(complete('incomplete')).toMatchObject({ message: { contents: [{ callId: 'a' }] } })
  expect(complete('completed')).toMatchObject({ message: { contents: [{ callId: 'a' }, { callId: 'b' }] } })
})

test('an answer whose last event is response.failed has failed', () => {
  expect(() => read('response.failed').complete()).toThrow('broke off its answer')
})
