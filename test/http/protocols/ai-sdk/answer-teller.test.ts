import { readUIMessageStream, type UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { AnswerTeller } from '../../../../src/http/protocols/ai-sdk/answer-teller.js'
import type { UiChunk } from '../../../../src/http/protocols/ai-sdk/ui-chunks.js'
import type { RunEvent } from '../../../../src/run/events.js'
import {
  accepted,
  answer,
  asks,
  calls,
  callsAfter,
  completed,
  decides,
  failed,
  parked,
  reset,
  resumed,
  says,
  started,
  thinks,
  toolDone,
  toolStarted,
} from '../../../run/event-samples.js'
import { checkChunks, toLines } from '../../../support/ui-chat.js'

const key = { agent: 'A', session: 's', run: 'r' }

function tell(events: readonly RunEvent[], teller = new AnswerTeller(key), from = 0): readonly UiChunk[] {
  return events.flatMap((event, id) => teller.take({ ...event, id: from + id, at: 1000 * (from + id) }))
}

/** The message that the AI SDK makes of the chunks, which it has to find valid. */
async function read(chunks: readonly UiChunk[], message?: UIMessage) {
  const stream = ReadableStream.from(await checkChunks(chunks))
  let errors = ''
  let last = message
  const snapshots = readUIMessageStream({
    stream,
    ...(message === undefined ? {} : { message }),
    onError: (error) => {
      errors += String(error)
    },
  })
  for await (const snapshot of snapshots) last = snapshot
  return { message: last, lines: toLines(last), errors }
}

const asked = asks('r~1', 'c2', { a: 1 })

/** A step that thinks, speaks and calls tools. */
function speakingCalls(...callIds: string[]): RunEvent {
  const said = [{ type: 'reasoning', text: 'Hm' } as const, { type: 'text', text: 'On it' } as const]
  return callsAfter(0, said, ...callIds)
}

const begun = [accepted('hi'), started(1)]
const asking = [
  ...begun,
  thinks(0, 'Hm'),
  says(0, 'On'),
  speakingCalls('c1', 'c2'),
  toolDone('c1', 1),
  asked,
  parked,
]
const decided = [decides('r~1'), resumed, toolStarted('c2'), toolDone('c2', { ok: true })]
const rest = [...decided, says(1, 'Do'), says(1, 'ne'), answer(1, 'Done'), completed('Done')]

test('tells an answer chunk by chunk', () => {
  const events = [...begun, says(0, 'Hel'), says(0, 'lo'), answer(0, 'Hello'), completed('Hello')]
  expect(tell(events)).toEqual([
    {
      type: 'start',
      messageId: 'answer-r',
      messageMetadata: { sessionId: 's', correlationId: 'r', createdAt: '1970-01-01T00:00:00.000Z' },
    },
    { type: 'start-step' },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: 'Hel' },
    { type: 'text-delta', id: '0', delta: 'lo' },
    { type: 'text-end', id: '0' },
    { type: 'finish-step' },
    {
      type: 'finish',
      finishReason: 'stop',
      messageMetadata: { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } },
    },
  ])
})

test('tells thoughts, tool calls, questions to a human and what comes of them as one message', async () => {
  const { lines, message } = await read(tell([...asking, ...rest]))
  expect(lines).toEqual([
    'step-start',
    'reasoning Hm',
    'text On it',
    'tool-tool output-available 1',
    'tool-tool output-available {"ok":true}',
    'step-start',
    'text Done',
  ])
  expect(message?.parts).toMatchObject({
    4: { providerExecuted: true, approval: { id: 'r~1', approved: true } },
  })
})

test('goes on in the same message after a decision, wherever the events were cut before it', async () => {
  const whole = await read(tell([...asking, ...rest]))
  for (let cut = asking.length; cut < asking.length + 2; cut += 1) {
    const teller = new AnswerTeller(key)
    const first = [...tell([...asking, ...rest].slice(0, cut), teller), ...teller.pause()]
    const { message } = await read(first)
    const second = [...teller.resume(), ...tell([...asking, ...rest].slice(cut), teller, cut)]
    const both = await read(second, message)
    expect(both.lines).toEqual(whole.lines)
    expect(both.message?.id).toBe('answer-r')
  }
})

test('ends a message that waits for a human with the question', async () => {
  const teller = new AnswerTeller(key)
  const chunks = [...tell(asking, teller), ...teller.pause()]
  expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'tool-calls' })
  const { message } = await read(chunks)
  expect(message?.parts.at(-1)).toMatchObject({
    state: 'approval-requested',
    approval: { id: 'r~1', descriptor: { name: 'tool', arguments: { a: 1 }, reason: 'policy' } },
  })
})

test('tells a call as a human had it run', async () => {
  const ran = toolStarted('c2')
  if (ran.type !== 'tool.started') throw new Error('A start is a start.')
  const changed: RunEvent = { ...ran, data: { ...ran.data, arguments: { a: 2 } } }
  const { message } = await read(tell([...asking, decides('r~1'), resumed, changed, toolDone('c2', 2)]))
  expect(message?.parts.at(-1)).toMatchObject({ input: { a: 2 }, output: 2, approval: { approved: true } })
})

test('tells that a human said no', async () => {
  const denied: RunEvent = { type: 'tool.completed', data: { callId: 'c2', error: 'No', durationMs: 0 } }
  const { lines } = await read(tell([...asking, decides('r~1', 'reject'), resumed, denied]))
  expect(lines.at(-1)).toBe('tool-tool output-denied undefined')
})

describe('a call for the page', () => {
  const pending = (callId: string): RunEvent => ({ type: 'tool.pending', data: { callId, since: 0 } })
  const waits: RunEvent = { type: 'run.parked', data: { reason: 'tool' } }
  const asked = [withTools(accepted('hi')), started(1), calls(0, 'c1', 'c2'), pending('c1'), pending('c2')]
  const first = [...asked, waits]
  const second = [resumed, toolDone('c1', 1), waits]
  const third = [resumed, toolDone('c2', 2), answer(1, 'Done'), completed('Done')]

  /** The run's caller has the tool that is called. */
  function withTools(event: RunEvent): RunEvent {
    if (event.type !== 'run.accepted') throw new Error('It is no request.')
    const tools = [{ name: 'tool', description: '', parameters: {} }]
    return { ...event, data: { ...event.data, options: { ...event.data.options, tools } } }
  }

  function toInputs(chunks: readonly UiChunk[]): readonly UiChunk[] {
    return chunks.filter(({ type }) => type === 'tool-input-available')
  }

  test('is told when the run waits for it, and not before', async () => {
    const teller = new AnswerTeller(key)
    const chunks = tell(asked, teller)
    expect((await read(chunks)).message?.parts.slice(1)).toMatchObject([
      { toolCallId: 'c1', state: 'input-streaming' },
      { toolCallId: 'c2', state: 'input-streaming' },
    ])
    const paused = [...chunks, ...tell([waits], teller, asked.length), ...teller.pause()]
    expect((await read(paused)).message?.parts.slice(1)).toMatchObject([
      { toolCallId: 'c1', state: 'input-available', input: {} },
      { toolCallId: 'c2', state: 'input-available', input: {} },
    ])
    expect(toInputs(paused).some((chunk) => 'providerExecuted' in chunk)).toBe(false)
    expect(paused.at(-1)).toMatchObject({ type: 'finish', finishReason: 'tool-calls' })
  })

  test('is told once to a reader who reports what came of another', async () => {
    const teller = new AnswerTeller(key)
    const told = await read([...tell(first, teller), ...teller.pause()])
    const chunks = [...teller.resume(), ...tell(second, teller, first.length), ...teller.pause()]
    expect(toInputs(chunks)).toEqual([])
    const { message } = await read(chunks, told.message)
    expect(message?.parts.slice(1)).toMatchObject([
      { toolCallId: 'c1', state: 'output-available', output: 1, providerExecuted: true },
      { toolCallId: 'c2', state: 'input-available' },
    ])
  })

  test('of which the result is known is none that the page carries out', async () => {
    const chunks = tell([...first, ...second, ...third])
    expect(toInputs(chunks)).toMatchObject([
      { toolCallId: 'c1', providerExecuted: true },
      { toolCallId: 'c2', providerExecuted: true },
    ])
    expect((await read(chunks)).lines).toEqual([
      'step-start',
      'tool-tool output-available 1',
      'tool-tool output-available 2',
      'step-start',
      'text Done',
    ])
  })
})

describe('what is void', () => {
  test('is taken back when a step is begun again', async () => {
    const events = [...begun, thinks(0, 'Hm'), says(0, 'On'), reset(0), started(2), says(0, 'We')]
    const { lines } = await read(tell([...events, answer(0, 'Well'), completed('Well')]))
    expect(lines).toEqual(['step-start', 'text Well'])
  })

  test('is taken back when the finished message is another one than its pieces', async () => {
    const { lines } = await read(tell([...begun, says(0, 'Hallo'), answer(0, 'Hello'), completed('Hello')]))
    expect(lines).toEqual(['step-start', 'text Hello'])
  })

  test('is taken back when middleware changes the answer, or it did not fit', async () => {
    const changed = await read(tell([...begun, answer(0, 'Hello'), completed('HELLO')]))
    expect(changed.lines).toEqual(['step-start', 'text HELLO'])
    const rejected: RunEvent = { type: 'answer.rejected', data: { step: 0, issues: [] } }
    const events = [...begun, answer(0, '{'), rejected, answer(1, '{}'), completed('{}')]
    expect((await read(tell(events))).lines).toEqual(['step-start', 'step-start', 'text {}'])
  })
})

test('tells an answer that no model gave', async () => {
  expect((await read(tell([...begun, completed('No.')]))).lines).toEqual(['step-start', 'text No.'])
})

test('ends what failed with its code and an error, and what is stopped with its reason', async () => {
  const broken = await read(tell([...begun, says(0, 'Hel'), failed]))
  expect(broken.lines).toEqual(['step-start', 'text Hel'])
  expect(broken.message?.metadata).toMatchObject({ error: { code: 'model_error', message: 'It failed.' } })
  expect(broken.errors).toContain('It failed.')
  const stops: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: 'Hel' } }
  expect(tell([...begun, says(0, 'Hel'), stops]).at(-1)).toEqual({ type: 'abort', reason: 'Enough.' })
})

test.each([
  ['length', 'length'],
  ['content_filter', 'content-filter'],
])('says of an answer that was cut off by %s that it finished by %s', (finishReason, told) => {
  const cut = answer(0, 'Hel')
  if (cut.type === 'step.completed') Object.assign(cut.data, { finishReason })
  expect(tell([...begun, says(0, 'Hel'), cut, completed('Hel')]).at(-1)).toMatchObject({
    type: 'finish',
    finishReason: told,
  })
})

test('says so when it breaks off', () => {
  const teller = new AnswerTeller(key)
  tell(begun, teller)
  expect(teller.breakOff()[0]).toMatchObject({ messageMetadata: { error: { code: 'run_unfinished' } } })
})

test('tells progress, messages that joined, files and refusals', async () => {
  const progress: RunEvent = {
    type: 'tool.progress',
    data: { callId: 'c1', name: 'tool', progress: { done: 1 } },
  }
  const steered: RunEvent = {
    type: 'run.steered',
    data: { run: 'r2', messages: [{ role: 'user', contents: [{ type: 'text', text: 'Wait' }] }] },
  }
  const refusal: RunEvent = answer(1, '')
  if (refusal.type !== 'step.completed') throw new Error('An answer is a step.')
  const contents = [
    { type: 'error' as const, message: 'I will not.' },
    { type: 'data' as const, uri: 'data:image/png;base64,AAAA' },
  ]
  const refused: RunEvent = {
    ...refusal,
    data: { ...refusal.data, message: { role: 'assistant', contents } },
  }
  const chunks = tell([...begun, calls(0, 'c1'), progress, toolDone('c1', 1), steered, refused])
  expect(chunks).toContainEqual({
    type: 'data-tool-progress',
    id: 'c1',
    data: { name: 'tool', progress: { done: 1 } },
    transient: true,
  })
  const { message } = await read(chunks)
  expect(message?.parts.slice(-4)).toMatchObject([
    { type: 'steering-message', parts: [{ text: 'Wait' }] },
    { type: 'step-start' },
    { type: 'text', text: 'I will not.' },
    { type: 'file', mediaType: 'image/png' },
  ])
})

test('tells nothing that providers keep', () => {
  const prepared: RunEvent = { type: 'run.prepared', data: { instructions: 'secret' } }
  const state: RunEvent = { type: 'state.changed', data: { state: { p: { secret: 1 } } } }
  const token: RunEvent = { type: 'step.continued', data: { step: 0, token: 'secret' } }
  expect(JSON.stringify(tell([...begun, prepared, state, token]))).not.toContain('secret')
})
