import { describe, expect, test } from 'vitest'
import { toCallId } from '../../../../../src/http/protocols/openai/call-id.js'
import {
  type ChatFrame,
  type ChatTelling,
  nothingTold,
  tellChat,
} from '../../../../../src/http/protocols/openai/chat/chat-chunks.js'
import {
  toCallingCompletion,
  toChatCompletion,
} from '../../../../../src/http/protocols/openai/chat/chat-completion.js'
import { fromBeginning, toChatStart } from '../../../../../src/http/protocols/openai/chat/chat-start.js'
import type { RunEvent, StoredEvent } from '../../../../../src/run/events.js'
import { fold } from '../../../../../src/run/fold.js'
import {
  accepted,
  acceptedWithTool,
  answer,
  asks,
  calls,
  callsAfter,
  completed,
  parked,
  parkedForTool,
  reset,
  resumed,
  says,
  started,
  toolDone,
  toolStarted,
  waits,
} from '../../../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'r' }
const place = { key, start: fromBeginning, isTyped: false }
const live: ChatTelling = { ...place, holdsText: false, includeUsage: false }

function store(events: readonly RunEvent[]): readonly StoredEvent[] {
  return events.map((event, id) => ({ ...event, id, at: 1_700_000_000_999 + id }))
}

/** Tells a run in pieces of so many events. */
function tell(events: readonly RunEvent[], size: number, telling = live): readonly ChatFrame[] {
  const stored = store(events)
  const frames: ChatFrame[] = []
  let progress = nothingTold
  for (let at = 0; at < stored.length; at += size) {
    const told = tellChat(telling, progress, stored.slice(at, at + size))
    progress = told.progress
    frames.push(...told.frames)
  }
  return frames
}

function toText(frames: readonly ChatFrame[]): string {
  return frames
    .map((frame) => (typeof frame === 'object' && 'choices' in frame ? frame.choices[0]?.delta.content : ''))
    .join('')
}

function toEnd(frames: readonly ChatFrame[]): string | undefined {
  const last = frames.at(-1)
  if (typeof last === 'string') return last
  return last !== undefined && 'error' in last ? last.error.code : undefined
}

function toContent(events: readonly RunEvent[], told = place): unknown {
  const stored = store(events)
  const { outcome } = fold(stored)
  if (outcome?.type !== 'run.completed') throw new Error('The run has no answer.')
  return toChatCompletion(told, stored, outcome.data).choices[0]?.message.content
}

const twoSteps = [
  accepted('hi'),
  started(1),
  says(0, 'I look '),
  says(0, 'it up.'),
  callsAfter(0, 'I look it up.', 'c'),
  toolStarted('c'),
  toolDone('c', 72),
  says(1, 'It is'),
  says(1, ' 72.'),
  answer(1, 'It is 72.'),
  completed('It is 72.'),
]

const sizes = Array.from({ length: 12 }, (_one, index) => index + 1)

describe('a run in chunks', () => {
  test.each(sizes)('says what the whole completion says, told %i events at a time', (size) => {
    const frames = tell(twoSteps, size)
    expect(toText(frames)).toBe('I look it up.\n\nIt is 72.')
    expect(toText(frames)).toBe(toContent(twoSteps))
    expect(toEnd(frames)).toBe('[DONE]')
  })

  test('says nothing of steps without words, nor of what a model thinks', () => {
    const events: readonly RunEvent[] = [
      accepted('hi'),
      started(1),
      { type: 'reasoning.delta', data: { step: 0, text: 'hm' } },
      says(0, '\n'),
      callsAfter(0, '\n', 'c'),
      toolStarted('c'),
      toolDone('c', 72),
      answer(1, '72'),
      completed('72'),
    ]
    expect(toText(tell(events, 1))).toBe('72')
    expect(toContent(events)).toBe('72')
  })

  test('gives an answer that came without pieces, or from somebody else than the model', () => {
    expect(toText(tell([accepted('hi'), started(1), completed('Given.')], 1))).toBe('Given.')
  })

  test('is the same each time it is told', () => {
    expect(tell(twoSteps, 3)[0]).toEqual(tell(twoSteps, 1)[0])
    expect(tell(twoSteps, 1)[0]).toMatchObject({ id: 'chatcmpl-r', created: 1_700_000_000, model: 'A' })
  })

  test('ends with nothing after its end', () => {
    const told = tellChat(live, nothingTold, store(twoSteps))
    expect(tellChat(live, told.progress, store([says(1, 'more')])).frames).toEqual([])
  })
})

const beginning = [accepted('hi'), started(1), says(0, 'One, '), says(0, 'two')]

describe('a step that is begun again', () => {
  test.each(sizes)('goes on where it says the same, told %i events at a time', (size) => {
    const again = [reset(0), started(2), says(0, 'On'), says(0, 'e, two, '), says(0, 'three')]
    const events = [...beginning, ...again, answer(0, 'One, two, three'), completed('One, two, three')]
    const frames = tell(events, size)
    expect(toText(frames)).toBe('One, two, three')
    expect(toEnd(frames)).toBe('[DONE]')
  })

  test('ends the telling as soon as it says something else', () => {
    const frames = tell([...beginning, reset(0), says(0, 'One, '), says(0, 'three'), says(0, '!')], 1)
    expect(toText(frames)).toBe('One, two')
    expect(toEnd(frames)).toBe('answer_changed')
    expect(frames).toHaveLength(4)
  })

  test('ends the telling when it stops short of what was sent', () => {
    const frames = tell([...beginning, reset(0), says(0, 'One'), answer(0, 'One'), completed('One')], 1)
    expect(toText(frames)).toBe('One, two')
    expect(toEnd(frames)).toBe('answer_changed')
  })

  test('is not told at all where it was void before anybody listened', () => {
    const events = [...beginning, reset(0), says(0, 'Else'), answer(0, 'Else'), completed('Else')]
    expect(toText(tell(events, 100))).toBe('Else')
  })
})

describe('an answer that may be replaced', () => {
  const held = { ...live, holdsText: true }

  test('is told when it is final', () => {
    const events = [...beginning, answer(0, 'One, two'), completed('ONE, TWO')]
    expect(toText(tell(events.slice(0, -1), 1, held))).toBe('')
    expect(toText(tell(events, 1, held))).toBe('ONE, TWO')
  })

  test('and is replaced although it was not held ends with an error', () => {
    expect(toEnd(tell([...beginning, answer(0, 'One, two'), completed('ONE, TWO')], 1))).toBe(
      'answer_changed',
    )
  })

  test('stands alone when it has to fit a schema, without the one that did not', () => {
    const events: readonly RunEvent[] = [
      accepted('hi'),
      started(1),
      callsAfter(0, 'I look it up.', 'c'),
      toolStarted('c'),
      toolDone('c', 72),
      answer(1, 'no JSON'),
      { type: 'answer.rejected', data: { step: 1, issues: [] } },
      answer(2, '{}'),
      completed('{}'),
    ]
    expect(toText(tell(events, 1, { ...held, isTyped: true }))).toBe('{}')
    expect(toContent(events, { ...place, isTyped: true })).toBe('{}')
  })
})

describe('a run that waits for its caller', () => {
  const handingOver = [
    acceptedWithTool('hi'),
    started(1),
    says(0, 'I look.'),
    callsAfter(0, 'I look.', 'c1', 'c2'),
    toolStarted('c1'),
    toolStarted('c2'),
    waits('c1'),
    waits('c2'),
    parkedForTool,
  ]
  const half = [started(2), resumed, toolDone('c1', 'one'), parkedForTool]
  const rest = [started(3), resumed, toolDone('c2', 'two'), answer(1, 'Done.'), completed('Done.')]
  const toCallIds = (frames: readonly ChatFrame[]) =>
    frames.flatMap((frame) =>
      typeof frame === 'object' && 'choices' in frame
        ? (frame.choices[0]?.delta.tool_calls ?? []).map(({ id }) => id)
        : [],
    )
  const ids = ['c1', 'c2'].map((callId) => toCallId({ ...key, callId }))

  test.each(sizes)('hands its calls over, told %i events at a time', (size) => {
    const frames = tell(handingOver, size)
    expect([toText(frames), toCallIds(frames), toEnd(frames)]).toEqual(['I look.', ids, '[DONE]'])
    expect(frames.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'tool_calls' }] })
    const stored = store(handingOver)
    expect(toCallingCompletion(place, stored, fold(stored)).choices[0]).toMatchObject({
      message: {
        content: 'I look.',
        tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'tool', arguments: '{}' } })),
      },
      finish_reason: 'tool_calls',
    })
  })

  test('is told from there on once they are carried out', () => {
    const start = toChatStart({ told: store(handingOver), answered: ['c1', 'c2'] })
    const telling = { ...live, start, includeUsage: true }
    // As long as it has not heard of both results it waits for nobody.
    expect(toEnd(tell([...handingOver, ...half], 1, telling))).toBeUndefined()
    const frames = tell([...handingOver, ...half, ...rest], 1, telling)
    expect([toText(frames), toEnd(frames)]).toEqual(['Done.', '[DONE]'])
    expect(frames[0]).toMatchObject({ id: 'chatcmpl-r-1' })
    // The whole run has spent 30.
    expect(frames.at(-2)).toMatchObject({ usage: { total_tokens: 15 } })
  })

  test('hands over what is left to whoever comes back', () => {
    expect(toCallIds(tell([...handingOver, ...half], 99))).toEqual(ids.slice(1))
    const frames = tell([...handingOver, ...half, ...rest], 99)
    expect([toText(frames), toCallIds(frames)]).toEqual(['I look.\n\nDone.', []])
  })

  test('says nothing with its calls where the answer has to fit a schema', () => {
    const frames = tell(handingOver, 1, { ...live, holdsText: true, isTyped: true })
    expect([toText(frames), toCallIds(frames)]).toEqual(['', ids])
  })
})

describe('a run without an answer', () => {
  test('that waits for a human says so', () => {
    const asking = [accepted('hi'), started(1), calls(0, 'c'), asks('r~1', 'c'), parked]
    expect(toEnd(tell(asking, 1))).toBe('approval_required')
    // Whoever takes a run over that was decided says so before it goes on.
    expect(toEnd(tell([...asking, started(2)], 6))).toBeUndefined()
  })

  test.each(['tool', 'background', 'operation_limit'] as const)('that waits for %s goes on', (reason) => {
    const events: readonly RunEvent[] = [
      ...beginning,
      { type: 'run.parked', data: { reason } },
      { type: 'run.resumed', data: { reason } },
      answer(0, 'One, two'),
      completed('One, two'),
    ]
    expect(toText(tell(events, 1))).toBe('One, two')
    expect(toEnd(tell(events, 1))).toBe('[DONE]')
  })

  test('that was cancelled says so', () => {
    const cancelled: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: 'One, two' } }
    expect(toEnd(tell([...beginning, cancelled], 1))).toBe('run_cancelled')
  })
})
