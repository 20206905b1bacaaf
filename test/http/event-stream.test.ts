import { expect, test } from 'vitest'
import { createEventStream } from '../../src/http/event-stream.js'
import type { Call } from '../../src/http/route.js'
import type { RunEvent } from '../../src/run/events.js'
import { accepted, answer, completed, store } from '../run/event-samples.js'

/** Reads a finished run as the events route streams it. */
async function stream(events: readonly RunEvent[], times?: boolean): Promise<string> {
  const stored = store(events)
  const call = {
    sessions: {
      async *follow() {
        yield stored
      },
    },
    settings: { streamLimitMs: 1000, heartbeatMs: 1000 },
  } as unknown as Call
  const { body } = createEventStream(
    call,
    { agent: 'A', session: 's', run: 'r' },
    { after: -1, times, headers: {} },
  )
  return new Response(body).text()
}

test('tells that providers gave and kept something, but not what', async () => {
  const text = await stream([
    accepted('hi'),
    { type: 'state.changed', data: { state: { memory: { pin: 'secret' } } } },
    { type: 'run.prepared', data: { instructions: 'secret' } },
    { type: 'step.continued', data: { step: 0, token: 'secret' } },
    answer(0, 'ok'),
    completed('ok'),
  ])
  expect(text).not.toContain('secret')
  expect(text).toContain('id: 1\nevent: state.changed\ndata: {}\n')
  expect(text).toContain('id: 2\nevent: run.prepared\ndata: {}\n')
  expect(text).toContain('event: run.completed')
})

test('tells what the model said without what only its provider reads', async () => {
  const providerData = { openaiResponses: { item: 'secret' } }
  const contents = [
    { type: 'reasoning', text: 'Hm', providerData },
    { type: 'provider', providerData },
    { type: 'text', text: 'ok' },
  ] as const
  const step = answer(0, 'ok')
  if (step.type !== 'step.completed') throw new Error('An answer is a step.')
  const data = { ...step.data, message: { role: 'assistant', contents } as const }
  const text = await stream([accepted('hi'), { type: 'step.completed', data }, completed('ok')])
  expect(text).not.toContain('secret')
  expect(text).toContain('"contents":[{"type":"reasoning","text":"Hm"},{"type":"text","text":"ok"}]')
})

test('says when each event was recorded only to readers who ask', async () => {
  const events = [accepted('hi'), { type: 'run.prepared', data: {} }, completed('ok')] as const
  expect(await stream(events)).not.toContain('"at"')
  const text = await stream(events, true)
  expect(text.match(/"at":"2023-11-14T22:13:2\d.000Z"\}\n/g)).toHaveLength(3)
})
