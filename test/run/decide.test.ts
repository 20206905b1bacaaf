import { expect, test } from 'vitest'
import { decide } from '../../src/run/decide.js'
import { advance, fold } from '../../src/run/fold.js'
import { toTurnMessages } from '../../src/run/turn-messages.js'
import { accepted, answer, calls, completed, started, toolDone, toolStarted } from './event-samples.js'

const limits = { maxSteps: 2 }

const story = [
  accepted('hi'),
  started(1),
  calls(0, 'a', 'b'),
  toolStarted('a'),
  toolStarted('b'),
  toolDone('b', 2),
  toolDone('a', 1),
  answer(1, 'done'),
  completed('done'),
]

test.each([
  [0, { type: 'callModel', step: 0 }],
  [1, { type: 'callModel', step: 0 }],
  [2, { type: 'callModel', step: 0 }],
  [7, { type: 'callModel', step: 1 }],
  [8, { type: 'finish' }],
  [9, { type: 'stop' }],
])('after %i events of a run with tools the next action is %j', (count, action) => {
  expect(decide(fold(story.slice(0, count)), limits)).toEqual(action)
})

test.each([
  [3, ['a', 'b'], [undefined, undefined]],
  [4, ['a', 'b'], [1, undefined]],
  [5, ['a', 'b'], [1, 1]],
  [6, ['a'], [1]],
])('after %i events the open calls are %j', (count, open, attempts) => {
  const action = decide(fold(story.slice(0, count)), limits)
  expect(action.type).toBe('runTools')
  if (action.type !== 'runTools') return
  expect(action.calls.map(({ call }) => call.callId)).toEqual(open)
  expect(action.calls.map((call) => call.started?.attempt)).toEqual(attempts)
})

test('gives up when the last allowed model call asked for tools', () => {
  const events = [...story.slice(0, 7), calls(1, 'c'), toolStarted('c'), toolDone('c', 3)]
  expect(decide(fold(events), limits)).toEqual({ type: 'giveUp', reason: 'max_steps' })
})

test('folding in two parts is folding at once, wherever the cut is', () => {
  const whole = fold(story)
  for (let cut = 0; cut <= story.length; cut += 1) {
    expect(fold(story.slice(cut), fold(story.slice(0, cut)))).toEqual(whole)
  }
})

test('counts positions, usage, attempts and turns', () => {
  const state = fold([...story.slice(0, 2), started(2, 7)])
  expect(state).toMatchObject({ next: 3, epoch: 2, attempt: 2, turn: 7 })
  expect(fold(story).usage).toEqual({ inputTokens: 20, outputTokens: 10, totalTokens: 30 })
})

test('deltas are provisional until their step is completed or reset', () => {
  const delta = { type: 'message.delta', data: { step: 0, text: 'x' } } as const
  const state = fold([accepted('hi'), started(1), delta])
  expect(state.partial).toBe('x')
  expect(advance(state, { type: 'step.reset', data: { step: 0 } }).partial).toBeUndefined()
  expect(advance(state, answer(0, 'x')).partial).toBeUndefined()
})

test('a turn is each answer followed by the results of its calls, in the order of the calls', () => {
  expect(toTurnMessages(fold(story)).map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant'])
  expect(toTurnMessages(fold(story))[1]?.contents).toEqual([
    { type: 'functionResult', callId: 'a', result: 1 },
    { type: 'functionResult', callId: 'b', result: 2 },
  ])
})
