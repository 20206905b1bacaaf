import { expect, test } from 'vitest'
import { parseOrchestratorAnswer } from '../../../../../src/host/durable/orchestrations/orchestrator/orchestrator-answer.js'

const returned = (value: unknown) =>
  parseOrchestratorAnswer({ succeeded: true, returnValue: { json: JSON.stringify(value) }, outputs: {} })
const thrown = (message: string) =>
  parseOrchestratorAnswer({ succeeded: false, message, stack: 'at x', timedOut: false })

test('a failure with data behind it keeps the actions, and takes its text from there', () => {
  const data = JSON.stringify({
    isDone: false,
    actions: [[{ actionType: 9, instanceId: '@e@k', operation: 'op', input: 1 }]],
    error: 'boom',
  })
  expect(thrown(`false\n\n$OutOfProcData$:${data}`)).toMatchObject({
    actions: [{ type: 'signal', entity: { name: 'e', key: 'k' }, operation: 'op', input: '1' }],
    failure: { message: 'boom', stack: 'at x' },
    isStuck: false,
  })
})

test('a failure without a text in its data leaves the orchestration stuck', () => {
  const answer = thrown(`false\n\n$OutOfProcData$:${JSON.stringify({ isDone: true, actions: [[]] })}`)
  expect(answer).toMatchObject({ isStuck: true, isDone: false, failure: undefined })
})

test('a failure without data is that failure', () => {
  expect(thrown('this.generator.next is not a function').failure?.message).toBe(
    'this.generator.next is not a function',
  )
})

test.each([
  ['no object', 'text', 'is not an object'],
  ['no actions', { isDone: true }, 'actions is not a list'],
  ['an unknown action', { actions: [[{ actionType: 99 }]] }, 'action type 99 is not known'],
  ['an action without a name', { actions: [[{ actionType: 0 }]] }, 'functionName is not a text'],
  [
    'a timer without a time',
    { actions: [[{ actionType: 5, fireAt: null }]] },
    'needs a valid date, not null',
  ],
  ['another time', { actions: [[{ actionType: 5, fireAt: 'soon' }]] }, 'needs a valid date, not "soon"'],
])('an answer with %s fails the orchestration', (_, value, message) => {
  expect(returned(value).failure?.message).toContain(message)
})

test('an absent output is none, and a custom status of null changes nothing', () => {
  expect(returned({ isDone: true, actions: [[]], customStatus: null })).toMatchObject({
    output: null,
    customStatus: undefined,
  })
  expect(returned({ isDone: true, actions: [[]], output: 0, customStatus: '' })).toMatchObject({
    output: '0',
    customStatus: '""',
  })
})
