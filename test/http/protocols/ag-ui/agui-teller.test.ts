import type { Message } from '@ag-ui/client'
import { describe, expect, test } from 'vitest'
import type { AguiEvent } from '../../../../src/http/protocols/ag-ui/agui-events.js'
import { AguiTeller } from '../../../../src/http/protocols/ag-ui/agui-teller.js'
import type { RunEvent } from '../../../../src/run/events.js'
import {
  accepted,
  answer,
  asks,
  calls,
  completed,
  decides,
  parked,
  reset,
  resumed,
  says,
  started,
  thinks,
  toolDone,
  toolStarted,
} from '../../../run/event-samples.js'
import { AguiClient, toLines } from '../../../support/agui-client.js'

const key = { agent: 'A', session: 's', run: 'r' }
const user: Message = { id: 'u', role: 'user', content: 'hi' }

function createTeller(shown: readonly Message[] = [user], runId = 'r'): AguiTeller {
  return new AguiTeller({ key, runId, shown: shown.map((message) => ({ ...message })) })
}

function tell(events: readonly RunEvent[], teller = createTeller(), from = 0): readonly AguiEvent[] {
  return events.flatMap((event, id) => teller.take({ ...event, id: from + id, at: 0 }))
}

/** What AG-UI's client makes of the events, which it has to find valid in themselves and in their order. */
async function show(events: readonly AguiEvent[], initialMessages: Message[] = [user]) {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  const response = () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  const fetch = async () => response()
  const client = new AguiClient({ url: 'http://localhost', threadId: 's', initialMessages, fetch })
  await client.runAgent({ runId: 'r' })
  expect(client.events).toHaveLength(events.length)
  return { client, messages: client.messages, lines: toLines(client.messages) }
}

const asked = asks('r~1', 'c2', { a: 1 })
const approved = decides('r~1')

/** A step ahead of which the model has thought. */
function withThought(event: RunEvent, text: string): RunEvent {
  if (event.type !== 'step.completed') throw new Error('Only steps have thoughts.')
  const contents = [{ type: 'reasoning', text } as const, ...event.data.message.contents]
  return { ...event, data: { ...event.data, message: { role: 'assistant', contents } } }
}

const begun = [accepted('hi'), started(1)]
const asking = [
  ...begun,
  thinks(0, 'Hm'),
  withThought(calls(0, 'c1', 'c2'), 'Hm'),
  toolDone('c1', { ok: true }),
  asked,
  parked,
]
const rest = [
  approved,
  resumed,
  toolStarted('c2'),
  toolDone('c2', 'fine'),
  says(1, 'Oh'),
  reset(1),
  says(1, 'Do'),
  says(1, 'ne'),
  answer(1, 'Done'),
  completed('Done'),
]
const wholeLines = [
  'user hi',
  'reasoning Hm',
  'assistant  tool({}) tool({})',
  'tool {"ok":true}',
  'tool fine',
  'assistant Done',
]

test('tells an answer event by event', () => {
  const usage = [{ model: 'm', inputTokens: 10, outputTokens: 5, totalTokens: 15 }]
  expect(tell([...begun, says(0, 'Hel'), says(0, 'lo'), answer(0, 'Hello'), completed('Hello')])).toEqual([
    {
      type: 'RUN_STARTED',
      threadId: 's',
      runId: 'r',
      protocolVersion: '1.0',
      metadata: { sessionId: 's', correlationId: 'r' },
    },
    { type: 'STEP_STARTED', stepName: 'step-0' },
    { type: 'TEXT_MESSAGE_START', messageId: 'r.0', role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'r.0', delta: 'Hel' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'r.0', delta: 'lo' },
    { type: 'TEXT_MESSAGE_END', messageId: 'r.0' },
    { type: 'STEP_FINISHED', stepName: 'step-0' },
    { type: 'RUN_FINISHED', threadId: 's', runId: 'r', outcome: { type: 'success' }, usage },
  ])
})

test('tells that an answer was cut off', async () => {
  const end = completed('Hel')
  if (end.type === 'run.completed') Object.assign(end.data, { finishReason: 'length' })
  const { client } = await show(tell([...begun, says(0, 'Hel'), answer(0, 'Hel'), end]))
  expect(client.events).toContainEqual({
    type: 'CUSTOM',
    name: 'cut_off',
    value: { finishReason: 'length' },
  })
})

test('tells thoughts, tool calls and what came of them', async () => {
  const { lines } = await show(tell([...asking, ...rest]))
  expect(lines).toEqual(wholeLines)
  const thought = await show(
    tell([...begun, thinks(0, 'Hm'), thinks(0, 'm'), says(0, 'On')]).concat(
      { type: 'REASONING_START', messageId: 'x' },
      { type: 'REASONING_END', messageId: 'x' },
      { type: 'TEXT_MESSAGE_END', messageId: 'r.0' },
      { type: 'STEP_FINISHED', stepName: 'step-0' },
      { type: 'RUN_FINISHED', threadId: 's', runId: 'r', outcome: { type: 'success' }, usage: [] },
    ),
  )
  expect(thought.lines).toEqual(['user hi', 'reasoning Hmm', 'assistant On'])
})

test('ends a run that waits for a human with an interrupt, and goes on as another run', async () => {
  const teller = createTeller()
  const first = await show([...tell(asking, teller), ...teller.pause()])
  expect(first.client.pendingInterrupts).toMatchObject([
    { id: 'r~1', reason: 'tool_call', toolCallId: 'r.c2', metadata: { name: 'tool', arguments: { a: 1 } } },
  ])
  const next = createTeller(first.messages, 'r2')
  tell(asking, next)
  next.pause()
  const told = [...next.resume(), ...tell(rest, next, asking.length)]
  expect(told[0]).toMatchObject({ type: 'RUN_STARTED', runId: 'r2', metadata: { correlationId: 'r' } })
  expect((await show(told, first.messages)).lines).toEqual(wholeLines)
})

test('tells a call as a human had it run', async () => {
  const ran = toolStarted('c2')
  if (ran.type !== 'tool.started') throw new Error('A start is a start.')
  const changed: RunEvent = { ...ran, data: { ...ran.data, arguments: { a: 2 } } }
  const events = [
    ...asking,
    approved,
    resumed,
    changed,
    toolDone('c2', 2),
    answer(1, 'Done'),
    completed('Done'),
  ]
  const { lines } = await show(tell(events))
  expect(lines.slice(2)).toEqual([
    'assistant  tool({}) tool({"a":2})',
    'tool {"ok":true}',
    'tool 2',
    'assistant Done',
  ])
})

test('is whole for a client that was cut off anywhere, and asks again', async () => {
  const events = [...asking, ...rest]
  const whole = tell(events)
  for (let cut = 2; cut < whole.length; cut += 1) {
    const heard = whole.slice(0, cut)
    const partial = await showPart(heard)
    expect((await show(tell(events, createTeller(partial)), partial)).lines).toEqual(wholeLines)
  }
})

test('is whole for a client that was cut off after a decision, and sends it again', async () => {
  const first = createTeller()
  const { messages } = await show([...tell(asking, first), ...first.pause()])
  const goOn = (shown: readonly Message[]) => {
    const teller = createTeller(shown, 'r2')
    tell(asking, teller)
    teller.pause()
    return [...teller.resume(), ...tell(rest, teller, asking.length)]
  }
  const whole = goOn(messages)
  for (let cut = 1; cut < whole.length; cut += 1) {
    const partial = await showPart(whole.slice(0, cut), messages)
    expect((await show(goOn(partial), partial)).lines).toEqual(wholeLines)
  }
})

test('tells thoughts where they were thought to a client that was cut off anywhere', async () => {
  const first = withThought(calls(0, 'c1'), 'Hm')
  const second = withThought(answer(1, 'Done'), 'So')
  const events = [
    ...begun,
    thinks(0, 'Hm'),
    first,
    toolDone('c1', 1),
    thinks(1, 'So'),
    second,
    completed('Done'),
  ]
  const whole = tell(events)
  const { lines } = await show(whole)
  expect(lines).toEqual([
    'user hi',
    'reasoning Hm',
    'assistant  tool({})',
    'tool 1',
    'reasoning So',
    'assistant Done',
  ])
  for (let cut = 2; cut <= whole.length; cut += 1) {
    const partial = await showPart(whole.slice(0, cut))
    expect((await show(tell(events, createTeller(partial)), partial)).lines).toEqual(lines)
  }
})

/** What a client shows whose connection broke off. */
async function showPart(
  events: readonly AguiEvent[],
  initialMessages: Message[] = [user],
): Promise<Message[]> {
  const end: AguiEvent = { type: 'RUN_ERROR', message: 'cut off', code: 'x' }
  const isEnded = events.at(-1)?.type === 'RUN_FINISHED'
  return (await show(isEnded ? events : [...events, end], initialMessages)).messages
}

describe('calls that the client carries out', () => {
  const begunWith = accepted('hi')
  if (begunWith.type !== 'run.accepted') throw new Error('It is no request.')
  const options = { enableToolCalls: true, tools: [{ name: 'tool', description: '', parameters: {} }] }
  const pending = (callId: string): RunEvent => ({ type: 'tool.pending', data: { callId, since: 0 } })
  const fails = (callId: string, error: string): RunEvent => {
    return { type: 'tool.completed', data: { callId, error, durationMs: 1 } }
  }
  const waits: RunEvent = { type: 'run.parked', data: { reason: 'tool' } }
  const goesOn: RunEvent = { type: 'run.resumed', data: { reason: 'tool' } }
  const asking: readonly RunEvent[] = [
    { ...begunWith, data: { ...begunWith.data, options } },
    started(1),
    withThought(calls(0, 'c1', 'c2'), 'Hm'),
    ...['c1', 'c2'].flatMap((callId) => [toolStarted(callId), pending(callId)]),
    waits,
  ]
  const rest = [
    goesOn,
    fails('c1', 'No map.'),
    toolDone('c2', 2),
    says(1, 'Oh'),
    reset(1),
    says(1, 'Do'),
    answer(1, 'Done'),
    completed('Done'),
  ]
  const lines = [
    'user hi',
    'reasoning Hm',
    'assistant  tool({}) tool({})',
    'tool ',
    'tool 2',
    'assistant Done',
  ]
  const toldLines = lines.map((line) => (line === 'tool ' ? 'tool {"error":"No map."}' : line))
  const report = (callId: string, content: string, error?: string): Message => {
    const reported = { id: `t-${callId}`, role: 'tool' as const, toolCallId: `r.${callId}`, content }
    return error === undefined ? reported : { ...reported, error }
  }

  /** What a client is told that has reported. */
  function goOn(shown: readonly Message[], events: readonly RunEvent[] = rest) {
    const teller = createTeller(shown, 'r2')
    tell(asking, teller)
    teller.pause()
    return { teller, told: [...teller.resume(), ...tell(events, teller, asking.length)] }
  }

  test('are named by a run that has ended well, each once', () => {
    const teller = createTeller()
    tell(asking, teller)
    const outcome = { type: 'success', pendingToolCallIds: ['r.c1', 'r.c2'] }
    expect(teller.pause().at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome })
    const { teller: next } = goOn([user, report('c1', 'one')], [goesOn, toolDone('c1', 'one'), waits])
    expect(next.pause().at(-1)).toMatchObject({ outcome: { type: 'success', pendingToolCallIds: [] } })
  })

  test('are left open alone to clients of versions that would not take their names', () => {
    const teller = new AguiTeller({ key, runId: 'r', shown: [], isOlderClient: true })
    tell(asking, teller)
    const finished = teller.pause().at(-1)
    expect(finished).toMatchObject({ outcome: { type: 'success' } })
    expect(JSON.stringify(finished)).not.toContain('pendingToolCallIds')
    const stops: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: '' } }
    expect(tell([stops], teller, 9).at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: undefined })
  })

  test('are named after the questions to a human that stood before them', () => {
    const teller = createTeller()
    const [request, start, step, started1, pending1] = asking
    tell(
      [request, start, step, started1, pending1, asked, parked].filter((event) => event !== undefined),
      teller,
    )
    expect(teller.pause().at(-1)).toMatchObject({ outcome: { type: 'interrupt' } })
    teller.resume()
    tell([approved, resumed, toolStarted('c2'), toolDone('c2', 2), waits], teller, 7)
    expect(teller.pause().at(-1)).toMatchObject({ outcome: { pendingToolCallIds: ['r.c1'] } })
  })

  test('are told as they were reported to a client that was cut off anywhere', async () => {
    const first = createTeller()
    const { messages } = await show([...tell(asking, first), ...first.pause()])
    const reported = [...messages, report('c1', '', 'No map.'), report('c2', '2')]
    const whole = goOn(reported).told
    expect(whole.map(({ type }) => type)).not.toContain('TOOL_CALL_RESULT')
    for (let cut = 1; cut <= whole.length; cut += 1) {
      const partial = await showPart(whole.slice(0, cut), reported)
      const again = await show(goOn(partial).told, partial)
      expect(again.lines).toEqual(lines)
      expect(again.messages).toEqual(expect.arrayContaining(reported.slice(-2)))
      const anew = await show(tell([...asking, ...rest], createTeller(partial)), partial)
      expect(anew.lines).toEqual(toldLines)
    }
  })

  test('stay as they were reported in rounds before', async () => {
    const next = [goesOn, ...rest.slice(1, 3), calls(1, 'c3'), toolStarted('c3'), pending('c3'), waits]
    const teller = createTeller()
    tell([...asking, ...next], teller)
    const first = await show([...tell([...asking, ...next]), ...teller.pause()])
    const told = first.messages.map((message) => {
      return message.role === 'tool' ? report(message.toolCallId.slice(2), '', 'No map.') : message
    })
    const last = createTeller([...told, report('c3', 'three')], 'r2')
    tell([...asking, ...next], last)
    last.pause()
    expect(last.resume().map(({ type }) => type)).toEqual(['RUN_STARTED'])
    const cut: Message = { id: 'r.2', role: 'assistant', content: 'Do' }
    const shown = [...told, report('c3', 'three'), cut]
    const again = createTeller(shown, 'r2')
    tell([...asking, ...next], again)
    again.pause()
    const { messages } = await show([...again.resume(), ...tell(rest.slice(-1), again, 20)], shown)
    expect(messages).toEqual(expect.arrayContaining(shown.slice(0, -1)))
  })
})

describe('what is void', () => {
  test('is taken back when a step is begun again', async () => {
    const events = [
      ...begun,
      thinks(0, 'Hm'),
      says(0, 'On'),
      reset(0),
      started(2),
      thinks(0, 'So'),
      says(0, 'We'),
    ]
    const { lines } = await show(tell([...events, withThought(answer(0, 'Well'), 'So'), completed('Well')]))
    expect(lines.filter((line) => line !== 'reasoning ')).toEqual([
      'user hi',
      'reasoning So',
      'assistant Well',
    ])
  })

  test('does not come back when the step is begun once more', async () => {
    const again = [reset(0), thinks(0, 'So'), says(0, 'We'), reset(0), says(0, 'Well')]
    const events = [...begun, thinks(0, 'Hm'), says(0, 'On'), ...again, answer(0, 'Well'), completed('Well')]
    const { lines } = await show(tell(events))
    expect(lines.filter((line) => line !== 'reasoning ')).toEqual(['user hi', 'assistant Well'])
  })

  test('is taken back when the finished message is another one, or the answer is changed', async () => {
    const other = await show(tell([...begun, says(0, 'Hallo'), answer(0, 'Hello'), completed('Hello')]))
    expect(other.lines).toEqual(['user hi', 'assistant Hello'])
    const changed = await show(tell([...asking, ...rest.slice(0, -1), completed('DONE')]))
    expect(changed.lines).toEqual([...wholeLines.slice(0, -1), 'assistant DONE'])
  })
})

test('tells what failed, what was stopped, and what breaks off', async () => {
  const fails: RunEvent = {
    type: 'run.failed',
    data: { type: 'about:blank', title: '', status: 502, detail: 'It failed.', code: 'model_error' },
  }
  const stops: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: 'Hel' } }
  const failed = tell([...begun, says(0, 'Hel'), fails])
  expect(failed.at(-1)).toMatchObject({ type: 'RUN_ERROR', message: 'It failed.', code: 'model_error' })
  expect((await show(failed)).lines).toEqual(['user hi', 'assistant Hel'])
  const stopped = tell([...begun, says(0, 'Hel'), stops])
  expect((await show(stopped)).client.events.at(-1)).toMatchObject({ outcome: { type: 'cancelled' } })
  const teller = createTeller()
  const cut = [...tell([...begun, says(0, 'Hel')], teller), ...teller.breakOff()]
  expect((await show(cut)).client.events.at(-1)).toMatchObject({ code: 'run_unfinished' })
})

test('tells progress, and nothing that providers keep', async () => {
  const progress: RunEvent = { type: 'tool.progress', data: { callId: 'c1', name: 'tool', progress: 0.5 } }
  const prepared: RunEvent = { type: 'run.prepared', data: { instructions: 'secret' } }
  const token: RunEvent = { type: 'step.continued', data: { step: 0, token: 'secret' } }
  const events = tell([...begun, prepared, token, calls(0, 'c1'), progress])
  expect(events.at(-1)).toEqual({
    type: 'CUSTOM',
    name: 'tool_progress',
    value: { toolCallId: 'r.c1', toolCallName: 'tool', progress: 0.5 },
  })
  expect(JSON.stringify(events)).not.toContain('secret')
})
