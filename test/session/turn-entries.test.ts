import { expect, test } from 'vitest'
import type { RunEvent } from '../../src/run/events.js'
import { toHistoryEntries } from '../../src/session/state/history-entries.js'
import { toModelMessages } from '../../src/session/state/stored-messages.js'
import { toTurnEntries } from '../../src/session/state/turn-entries.js'
import { checkConversation } from '../../src/testing/crash/invariants.js'
import {
  accepted,
  answer,
  calls,
  completed,
  failed,
  started,
  store,
  toolDone,
  toolStarted,
} from '../run/event-samples.js'

/** What the model is shown in the next turn of a run with these events. */
function toShown(...events: readonly RunEvent[]) {
  return toModelMessages(toTurnEntries(store([accepted('Hi'), started(1), ...events]), 'r'))
}

test('says by which model a run was answered, and nothing where none was asked', () => {
  const modelOf = (...events: readonly RunEvent[]) => {
    const stored = store([accepted('Hi'), started(1), ...events])
    return toHistoryEntries(toTurnEntries(stored, 'r'), { runs: true }).map(({ model }) => model)
  }
  expect(modelOf(answer(0, 'Hello'), completed('Hello'))).toEqual([undefined, 'm'])
  expect(modelOf(calls(0, 'a'), failed)).toEqual([undefined, 'm'])
  expect(modelOf(failed)).toEqual([undefined, undefined])
})

test('says of an answer that it was cut off, and nothing of one that was not', () => {
  const responseOf = (finishReason: string) => {
    const end = answer(0, 'Hel')
    if (end.type === 'step.completed') Object.assign(end.data, { finishReason })
    const stored = store([accepted('Hi'), started(1), end, completed('Hel')])
    return toHistoryEntries(JSON.parse(JSON.stringify(toTurnEntries(stored, 'r')))).at(-1)?.agent_response
  }
  expect(responseOf('length')).toMatchObject({ text: 'Hel', finishReason: 'length' })
  expect(responseOf('content_filter')).toMatchObject({ finishReason: 'content_filter' })
  expect(responseOf('stop')).not.toHaveProperty('finishReason')
})

test('a failed run keeps what the finished calls of its last step gave, and closes the others', () => {
  const step = [toolStarted('a'), toolStarted('b'), toolDone('a', 1)]
  const messages = toShown(calls(0, 'a', 'b', 'c'), ...step, failed)
  expect(checkConversation({ messages })).toEqual([])
  expect(messages.at(-1)).toEqual({
    role: 'tool',
    contents: [
      { type: 'functionResult', callId: 'a', result: 1 },
      { type: 'functionResult', callId: 'b', error: expect.stringMatching(/while .* unknown/) },
      { type: 'functionResult', callId: 'c', error: expect.stringMatching(/before/) },
    ],
  })
})

test('wherever a run fails, the model is shown a conversation without open calls', () => {
  const events = [calls(0, 'a', 'b'), toolStarted('a'), toolStarted('b'), toolDone('b', 2), toolDone('a', 1)]
  for (const [count] of [...events, failed].entries()) {
    const messages = toShown(...events.slice(0, count), failed)
    expect(checkConversation({ messages })).toEqual([])
    expect(messages.map(({ role }) => role)).toEqual(count === 0 ? ['user'] : ['user', 'assistant', 'tool'])
  }
})
