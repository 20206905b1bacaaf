import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.js'
import type { Content } from '../../src/core/messages.js'
import type { RunEvent } from '../../src/run/events.js'
import { toWholeMessage } from '../../src/web/browser/message-text.js'
import type { RunRecord } from '../../src/web/browser/run-record.js'
import { createRunView, isOpen, type RunView } from '../../src/web/browser/run-view.js'
import { showRecord } from '../../src/web/browser/show-record.js'
import {
  accepted,
  answer,
  asks,
  calls,
  completed,
  says,
  started,
  toolDone,
  toolStarted,
} from '../run/event-samples.js'

function toRecords(events: readonly RunEvent[]): readonly RunRecord[] {
  const data = (event: RunEvent) => JSON.parse(JSON.stringify(event.data)) as JsonObject
  return events.map((event, id) => ({ id, type: event.type, at: '', data: data(event) }))
}

function show(...events: readonly RunEvent[]): RunView {
  return toRecords(events).reduce(showRecord, createRunView('', 'sending'))
}

const asked = asks('a', 'c', { n: 1 })

/** What is said, tools by their states, and everything else by its kind. */
function outline({ parts }: RunView): readonly string[] {
  return parts.map((part) => {
    if (part.kind === 'tool') return `${part.callId} ${part.state}`
    return part.kind === 'text' ? part.text : part.kind
  })
}

describe('an answer', () => {
  test('grows by its pieces, and is not doubled by its end', () => {
    const pieces = [accepted('hi'), started(1), says(0, 'He'), says(0, 'llo')]
    expect(outline(show(...pieces))).toEqual(['Hello'])
    const view = show(...pieces, answer(0, 'Hello'), completed('Hello'))
    expect(outline(view)).toEqual(['Hello'])
    expect(view).toMatchObject({
      said: 'hi',
      status: 'completed',
      model: 'm',
      usage: { input: 20, output: 10 },
    })
  })

  test('takes back what a crash has made void, and says so', () => {
    const cut = [accepted('hi'), started(1), says(0, 'He'), started(2)]
    const view = show(...cut, { type: 'step.reset', data: { step: 0 } }, says(0, 'Hello'))
    expect(outline(view)).toEqual(['notice', 'Hello'])
  })

  test('that was never streamed, or became another one, is shown as it ended', () => {
    expect(outline(show(accepted('hi'), completed('Hello')))).toEqual(['Hello'])
    expect(outline(show(accepted('hi'), answer(0, 'Curse'), completed('***')))).toEqual(['***'])
    const afterTool = [accepted('hi'), answer(0, 'Wait'), toolStarted('c'), toolDone('c', 1)]
    expect(outline(show(...afterTool, completed('Done')))).toEqual(['Wait', 'c done', 'Done'])
  })
})

test('what joins a run is part of what was said in it, and a file with either is known', () => {
  const image = { type: 'uri', uri: 'https://example.com/cat.png', mediaType: 'image/png' } as const
  const joins = (...contents: Content[]): RunEvent => ({
    type: 'run.steered',
    data: { run: 'r', messages: [{ role: 'user', contents }] },
  })
  const joined = [accepted('hi'), started(1), joins({ type: 'text', text: 'there' })]
  expect(toWholeMessage(toRecords(joined))).toBe('hi\nthere')
  expect([outline(show(...joined)), show(...joined).hasFile]).toEqual([['notice'], false])
  expect(show(...joined, joins(image)).hasFile).toBe(true)
})

test('a tool call goes from what the model wishes to what came of it', () => {
  const wished = [accepted('hi'), started(1), calls(0, 'c', 'd')]
  expect(outline(show(...wished))).toEqual(['c called', 'd called'])
  expect(outline(show(...wished, toolStarted('d')))).toEqual(['c called', 'd running'])
  const failed: RunEvent = { type: 'tool.completed', data: { callId: 'c', error: 'No', durationMs: 1 } }
  const view = show(...wished, toolStarted('d'), toolDone('d', { n: 1 }), toolStarted('c', 2), failed)
  expect(outline(view)).toEqual(['c failed', 'd done'])
  expect(view.parts).toMatchObject([
    { attempt: 2, error: 'No' },
    { result: { n: 1 }, durationMs: 1 },
  ])
})

test('a failure is told by its detail and code', () => {
  const problem = {
    type: 'about:blank',
    title: 'x',
    status: 502,
    detail: 'No answer.',
    code: 'model_error',
  } as const
  const view = show(accepted('hi'), { type: 'run.failed', data: problem })
  expect([view.status, view.problem]).toEqual(['failed', 'No answer. (model_error)'])
})

describe('an approval', () => {
  const parked: RunEvent = { type: 'run.parked', data: { reason: 'approval' } }

  test('waits for a human until it is decided', () => {
    const waiting = show(accepted('hi'), asked, parked)
    expect([waiting.status, isOpen(waiting)]).toEqual(['waiting', true])
    const decision = { approvalId: 'a', decision: 'approve', by: 'ann', arguments: { n: 2 } } as const
    const decided = show(accepted('hi'), asked, parked, { type: 'approval.decided', data: decision })
    expect(decided.parts).toMatchObject([{ decision: 'approve', by: 'ann', arguments: { n: 2 } }])
  })

  test('says what whoever decides is to know', () => {
    const doubtful = { ...asked, data: { ...asked.data, reason: 'untrusted_content' } } as RunEvent
    const { parts } = show(accepted('hi'), doubtful, parked)
    expect(parts).toMatchObject([
      { warnings: [expect.stringContaining('what strangers wrote')], isEditable: true },
    ])
    const dear = { ...asked, data: { ...asked.data, reason: 'budget_exhausted' } } as RunEvent
    expect(show(dear).parts).toMatchObject([{ isEditable: false }])
  })

  test('can no longer be decided when its run has ended', () => {
    const stop: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough', text: '' } }
    expect(show(asked, stop)).toMatchObject({ problem: 'Enough', parts: [{ decision: 'closed' }] })
  })
})

test.each([
  ['length', 'The answer was too long, and is cut off here.'],
  ['content_filter', 'A content filter has cut the answer off here.'],
] as const)('an answer that was cut off by %s says so', (finishReason, text) => {
  const end = completed('Hel')
  if (end.type === 'run.completed') Object.assign(end.data, { finishReason })
  expect(show(answer(0, 'Hel'), end).parts.at(-1)).toEqual({ kind: 'notice', text })
})

test('events that it does not know, or that lack what they should have, break nothing', () => {
  const odd = [
    'step.completed',
    'tool.started',
    'tool.completed',
    'approval.requested',
    'run.completed',
    'x.y',
  ]
  const view = odd.reduce(
    (shown, type, id) => showRecord(shown, { id, type, at: '', data: {} }),
    createRunView('hi', 'queued'),
  )
  expect(view).toMatchObject({ said: 'hi', status: 'completed' })
})
