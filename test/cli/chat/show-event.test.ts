import { expect, test } from 'vitest'
import { type KnownEvent, parseRunEvent } from '../../../src/cli/chat/run-event.js'
import { nothingShown, showEvent } from '../../../src/cli/chat/show-event.js'

/** What is shown of events, a line each: answers as they are, all else after its kind. */
function show(...events: readonly KnownEvent[]): readonly string[] {
  let shown = nothingShown
  return events.flatMap((event) => {
    const next = showEvent(shown, event)
    shown = next.shown
    return next.pieces.map(({ kind, text }) => (kind === 'answer' ? text : `${kind}: ${text}`))
  })
}

function delta(step: number, text: string): KnownEvent {
  return { type: 'message.delta', data: { step, text } }
}

function completed(response: string): KnownEvent {
  return { type: 'run.completed', data: { response } }
}

test('shows text as it comes, and not once more at the end', () => {
  expect(show(delta(0, 'Hel'), delta(0, 'lo'), completed('Hello'))).toEqual(['Hel', 'lo'])
})

test.each([
  ['never streamed', [], 'Hello', ['Hello']],
  ['streamed in part', [delta(0, 'Hel')], 'Hello', ['Hel', 'lo']],
  ['another than was streamed', [delta(0, 'Hi')], 'Hello', ['Hi', '\nHello']],
] as const)('shows an answer that was %s', (_case, events, response, pieces) => {
  expect(show(...events, completed(response))).toEqual(pieces)
})

test('says that an answer was cut off', () => {
  const data = { response: 'Hel', finishReason: 'length' }
  expect(show(delta(0, 'Hel'), { type: 'run.completed', data })).toEqual([
    'Hel',
    'tool: ! the answer was cut off (length)',
  ])
})

test('says that a cut off text is void, and shows the new one whole', () => {
  const reset: KnownEvent = { type: 'step.reset', data: { step: 0 } }
  expect(show(delta(0, 'Hel'), reset, delta(0, 'He'), delta(0, 'llo'), completed('Hello'))).toEqual([
    'Hel',
    expect.stringMatching(/^notice: .+void/),
    'He',
    'llo',
  ])
})

test('says nothing of a step that begins again before anything of it was shown', () => {
  const reset: KnownEvent = { type: 'step.reset', data: { step: 1 } }
  expect(show(reset, delta(0, 'Hello'), reset)).toEqual(['Hello'])
})

test('shows the text of the next model call on a line of its own', () => {
  expect(show(delta(0, 'Let me see.'), delta(1, 'Sunny.'))).toEqual(['Let me see.', '\n', 'Sunny.'])
})

test('shows tool calls as they begin and end, by name', () => {
  const data = { callId: 'c', name: 'get_weather', arguments: { location: 'Paris' } }
  const done = { callId: 'c', durationMs: 12 }
  expect(
    show(
      { type: 'tool.started', data: { ...data, attempt: 1 } },
      { type: 'tool.started', data: { ...data, attempt: 2 } },
      { type: 'tool.completed', data: done },
      { type: 'tool.completed', data: { ...done, error: 'no network' } },
    ),
  ).toEqual([
    'tool: → get_weather {"location":"Paris"}',
    'tool: → get_weather {"location":"Paris"}, once more',
    'tool: ← get_weather done in 12 ms',
    'tool: ← get_weather failed: no network',
  ])
})

test('shortens long arguments of a tool', () => {
  const data = { callId: 'c', name: 'write', arguments: 'x'.repeat(5000), attempt: 1 }
  expect(show({ type: 'tool.started', data })[0]?.length).toBeLessThan(250)
})

test('names the tool of a call that was rejected, and who did so', () => {
  expect(
    show(
      { type: 'approval.requested', data: { callId: 'c', name: 'refund' } },
      { type: 'approval.decided', data: { approvalId: 'a', decision: 'reject', by: 'ann' } },
      { type: 'tool.completed', data: { callId: 'c', error: 'rejected', durationMs: 0 } },
    ),
  ).toEqual(['tool: ! rejected by ann', 'tool: ← refund failed: rejected'])
})

test('an event of a later release is passed over', () => {
  expect(parseRunEvent({ id: '3', event: 'something.new', data: '?' })).toEqual({ id: 3 })
})

test.each([
  ['without an id', { event: 'message.delta', data: '{"step":0,"text":"x"}' }],
  ['with an id that is no number', { id: 'x', event: 'run.started', data: '{}' }],
  ['that is no JSON', { id: '1', event: 'message.delta', data: 'oops' }],
  ['without what it must have', { id: '1', event: 'message.delta', data: '{"step":0}' }],
])('an event %s is refused', (_case, event) => {
  expect(() => parseRunEvent(event)).toThrow('--url')
})
