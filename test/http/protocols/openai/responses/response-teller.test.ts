import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import { describe, expect, test } from 'vitest'
import { AgentError } from '../../../../../src/core/errors.js'
import { toProblem } from '../../../../../src/core/problem.js'
import { toCallId } from '../../../../../src/http/protocols/openai/call-id.js'
import { toApprovalItemId } from '../../../../../src/http/protocols/openai/responses/approval-item-id.js'
import type { ResponseKey } from '../../../../../src/http/protocols/openai/responses/response-id.js'
import { ResponseTeller } from '../../../../../src/http/protocols/openai/responses/response-teller.js'
import type { RunEvent } from '../../../../../src/run/events.js'
import {
  accepted,
  acceptedWithTool,
  answer,
  asks,
  calls,
  callsAfter,
  completed,
  decides,
  failed,
  parked,
  parkedForTool,
  reset,
  resumed,
  says,
  started,
  thinks,
  toolDone,
  toolStarted,
  waits,
} from '../../../../run/event-samples.js'

const key: ResponseKey = { agent: 'A', session: 's', run: 'r', first: 0, part: 0 }

function tell(events: readonly RunEvent[], part = 0, first = part) {
  const teller = new ResponseTeller({ ...key, first, part })
  const frames = events.flatMap((event, id) => teller.take({ ...event, id, at: 1000 * id }))
  return { teller, frames, response: teller.response, types: frames.map(({ type }) => type) }
}

/** What the official client's stream helper makes of the frames. */
async function accumulate(events: readonly RunEvent[], part = 0) {
  const lines = tell(events, part).frames.map((frame) => `${JSON.stringify(frame)}\n`)
  const bytes = ReadableStream.from(lines.map((line) => new TextEncoder().encode(line)))
  return ResponseStream.fromReadableStream(bytes).finalResponse()
}

const stops: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: 'Su' } }

const plain = [
  accepted('hi'),
  started(1),
  says(0, 'Sun'),
  says(0, 'ny'),
  answer(0, 'Sunny'),
  completed('Sunny'),
]

const rich = [
  accepted('hi'),
  started(1),
  thinks(0, 'Hm'),
  says(0, 'Let me '),
  says(0, 'see'),
  callsAfter(0, 'Let me see', 'c1'),
  toolStarted('c1'),
  toolDone('c1', { city: 'Oslo' }),
  says(1, 'Sunny'),
  answer(1, 'Sunny'),
  completed('Sunny'),
]

const crashed = [
  accepted('hi'),
  started(1),
  thinks(0, 'Hm'),
  says(0, 'Rai'),
  started(2),
  reset(0),
  says(0, 'Sunny'),
  answer(0, 'Sunny'),
  completed('Sunny'),
]

const rejected = [
  accepted('hi'),
  started(1),
  says(0, 'no JSON'),
  answer(0, 'no JSON'),
  { type: 'answer.rejected', data: { step: 0, issues: [] } } as const,
  says(1, '{}'),
  answer(1, '{}'),
  completed('{}'),
]

const asked = [
  accepted('hi'),
  started(1),
  calls(0, 'c1', 'c2'),
  asks('r~1', 'c1'),
  asks('r~2', 'c2'),
  parked,
  started(2),
  resumed,
  decides('r~1'),
  toolStarted('c1'),
  toolDone('c1', 1),
  parked,
  started(3),
  resumed,
  decides('r~2', 'reject'),
  { type: 'tool.completed', data: { callId: 'c2', error: 'No.', durationMs: 0 } } as const,
  answer(1, 'Done'),
  completed('Done'),
]

const handedOver = [
  acceptedWithTool('hi'),
  started(1),
  callsAfter(0, 'Look', 'c1', 'c2'),
  toolStarted('c1'),
  toolStarted('c2'),
  waits('c1'),
  waits('c2'),
  parkedForTool,
  started(2),
  resumed,
  toolDone('c1', 'one'),
  parkedForTool,
  started(3),
  resumed,
  toolDone('c2', 'two'),
  answer(1, 'Done'),
  completed('Done'),
]

const refused = [
  accepted('hi'),
  started(1),
  answer(0, { type: 'error', message: 'I will not.', errorCode: 'refusal' }),
  completed('I will not.'),
]

const runs = {
  plain,
  refused,
  rich,
  crashed,
  rejected,
  handedOver,
  'part 0': asked,
  fails: [...crashed.slice(0, 4), failed],
}

test('a plain answer is told in the order in which OpenAI tells it', () => {
  expect(tell(plain).types).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
})

test('reasoning, words on the way and tool calls are told as items of their own', () => {
  const { types, response } = tell(rich)
  expect(types.filter((type) => /reasoning|mcp/.test(type))).toEqual([
    'response.reasoning_summary_part.added',
    'response.reasoning_summary_text.delta',
    'response.reasoning_summary_text.done',
    'response.reasoning_summary_part.done',
    'response.mcp_call.in_progress',
    'response.mcp_call_arguments.done',
    'response.mcp_call.completed',
  ])
  expect(response.output).toMatchObject([
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
    { type: 'message', phase: 'commentary', content: [{ text: 'Let me see' }] },
    { type: 'mcp_call', server_label: 'A', name: 'tool', arguments: '{}', output: '{"city":"Oslo"}' },
    { type: 'message', phase: 'final_answer', content: [{ text: 'Sunny' }] },
  ])
  expect(response.usage).toMatchObject({ input_tokens: 20, output_tokens: 10, total_tokens: 30 })
})

test('a response has spent what its own parts have', () => {
  const spent = [tell(asked), tell(asked, 2), tell(asked, 2, 0)].map(({ response }) => response.usage)
  expect(spent.map((usage) => usage?.total_tokens)).toEqual([15, 15, 30])
})

describe.each(Object.entries(runs))('a run (%s)', (_name, events) => {
  test('is told under dense numbers', () => {
    const numbers = tell(events).frames.map((frame) => frame.sequence_number)
    expect(numbers).toEqual(numbers.map((_number, index) => index))
  })

  test('is told the same wherever its log is cut', () => {
    const { frames } = tell(events)
    for (let end = 0; end <= events.length; end++) {
      const part = tell(events.slice(0, end)).frames
      expect(part).toEqual(frames.slice(0, part.length))
    }
  })

  test('closes every item that it begins', () => {
    const { frames } = tell(events)
    const places = (type: string) =>
      frames.flatMap((frame) => (frame.type === type && 'output_index' in frame ? [frame.output_index] : []))
    expect(places('response.output_item.done').toSorted()).toEqual(places('response.output_item.added'))
  })

  test('is taken in by the official client, with the response at its end', async () => {
    const { response } = tell(events)
    expect(await accumulate(events)).toMatchObject({ id: response.id, status: response.status })
  })
})

test('deltas that turn out to be void are closed as incomplete and empty, and the response does without them', async () => {
  const { frames, response } = tell(crashed)
  const done = frames.filter((frame) => frame.type === 'response.output_item.done')
  expect(done).toMatchObject([
    { output_index: 0, item: { type: 'reasoning' } },
    { output_index: 1, item: { type: 'message', status: 'incomplete', content: [] } },
    { output_index: 2, item: { type: 'message', status: 'completed', content: [{ text: 'Sunny' }] } },
  ])
  expect(response.output).toHaveLength(1)
  expect((await accumulate(crashed)).output_text).toBe('Sunny')
})

test('an answer that does not fit its schema is void as well', async () => {
  expect(tell(rejected).response.output).toMatchObject([{ content: [{ text: '{}' }] }])
  expect((await accumulate(rejected)).output_text).toBe('{}')
})

test('an answer that has to fit a schema stands alone, without words on the way to it', async () => {
  const begun = accepted('hi')
  if (begun.type !== 'run.accepted') throw new Error('A run begins with its request.')
  const options = { ...begun.data.options, responseSchema: { type: 'object' } }
  const typed: readonly RunEvent[] = [{ ...begun, data: { ...begun.data, options } }, ...rich.slice(1)]
  const { response, types } = tell(typed)
  expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'mcp_call', 'message'])
  expect(types.filter((type) => type === 'response.output_text.delta')).toHaveLength(3)
  expect((await accumulate(typed)).output_text).toBe('Sunny')
  const silent = typed.filter(({ type }) => type !== 'message.delta' && type !== 'reasoning.delta')
  const added = tell(silent).types.filter((type) => type === 'response.output_item.added')
  expect(added).toHaveLength(2)
})

test('an answer that was put in other words, or that no model gave, is the one that is told', () => {
  const toTexts = (events: readonly RunEvent[]) => tell(events).response.output
  expect(toTexts([...plain.slice(0, -1), completed('Rainy')])).toMatchObject([
    { content: [{ text: 'Rainy' }] },
  ])
  expect(toTexts([accepted('hi'), started(1), completed('Set')])).toMatchObject([
    { content: [{ text: 'Set' }] },
  ])
})

describe('a refusal', () => {
  test('is told as one, all at once', async () => {
    const { types, response } = tell(refused)
    expect(types.slice(2)).toEqual([
      'response.output_item.added',
      'response.content_part.added',
      'response.refusal.delta',
      'response.refusal.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    const content = [{ type: 'refusal', refusal: 'I will not.' }]
    expect(response.output).toMatchObject([{ type: 'message', content, phase: 'final_answer' }])
    expect((await accumulate(refused)).output).toMatchObject(response.output)
  })

  test('is an answer though it does not fit the schema', () => {
    const problem = { type: 'about:blank', title: '', status: 422, detail: 'It does not fit.' } as const
    const misfit: RunEvent = { type: 'run.failed', data: { ...problem, code: 'response_schema_unmet' } }
    const { response, types } = tell([...refused.slice(0, -1), misfit])
    expect(types.at(-1)).toBe('response.completed')
    const content = [{ type: 'refusal', refusal: 'I will not.' }]
    expect(response).toMatchObject({
      status: 'completed',
      error: null,
      output: [{ content, phase: 'final_answer' }],
    })
    expect(tell([...plain.slice(0, -1), misfit]).response).toMatchObject({ status: 'failed' })
  })

  test('stays one when the run fails with it, and is none when middleware has put it in other words', () => {
    const content = [{ type: 'refusal', refusal: 'I will not.' }]
    const begun = refused.slice(0, -1)
    expect(tell([...begun, failed]).response.output).toMatchObject([{ content }])
    const { response } = tell([...begun, completed('Sorry.')])
    expect(response.output).toMatchObject([{ content: [{ type: 'output_text', text: 'Sorry.' }] }])
  })
})

describe('a run that waits for a human', () => {
  test('ends a response with what it asks', () => {
    expect(tell(asked).response).toMatchObject({
      status: 'completed',
      output: [
        {
          type: 'mcp_approval_request',
          id: toApprovalItemId(key, 'r~1'),
          server_label: 'A',
          arguments: '{}',
        },
        { type: 'mcp_approval_request', id: toApprovalItemId(key, 'r~2') },
      ],
    })
  })

  test('goes on in the next response, which may ask again', () => {
    expect(tell(asked, 1).response.output).toMatchObject([
      {
        type: 'mcp_call',
        status: 'completed',
        approval_request_id: toApprovalItemId(key, 'r~1'),
        output: '1',
      },
      { type: 'mcp_approval_request', id: toApprovalItemId(key, 'r~2') },
    ])
    expect(tell(asked, 2).response.output).toMatchObject([
      {
        type: 'mcp_call',
        status: 'failed',
        approval_request_id: toApprovalItemId(key, 'r~2'),
        error: { content: 'No.' },
      },
      { type: 'message' },
    ])
    const isThere = [0, 1, 2, 3].map((part) => tell(asked, part).teller.isThere)
    expect(isThere).toEqual([true, true, true, false])
    // It is there from the moment on in which the one before has ended.
    const created = [0, 1, 2].map((part) => tell(asked, part).response.created_at)
    expect(created).toEqual([0, 5, 11])
  })

  test('is told in one response from a part on that its reader has not seen', () => {
    const { response, frames } = tell(asked, 2, 1)
    expect(response).toMatchObject({
      status: 'completed',
      created_at: 5,
      previous_response_id: tell(asked).response.id,
      output: [
        { type: 'mcp_call', approval_request_id: toApprovalItemId(key, 'r~1') },
        { type: 'mcp_call', approval_request_id: toApprovalItemId(key, 'r~2') },
        { type: 'message' },
      ],
    })
    expect(frames.map(({ sequence_number }) => sequence_number)).toEqual(frames.map((_frame, index) => index))
    const isThere = [6, 11, 12].map((end) => tell(asked.slice(0, end), 2, 1).teller.isThere)
    expect(isThere).toEqual([false, false, true])
  })

  test('does not end a response again when nobody has decided anything', () => {
    const woken = [...asked.slice(0, 6), started(2), resumed, parked, ...asked.slice(6)]
    expect(tell(woken, 1).response.output).toEqual(tell(asked, 1).response.output)
  })

  test('numbers the frames of each response from 0, and names the one before', async () => {
    expect(tell(asked, 1).frames[0]).toMatchObject({ type: 'response.created', sequence_number: 0 })
    const next = await accumulate(asked, 1)
    expect(next.previous_response_id).toBe(tell(asked).response.id)
  })
})

describe('a run that waits for its caller', () => {
  const toCalls = (part: number) => tell(handedOver, part).response.output

  test('ends a response with the calls that it hands over, each whole', () => {
    const { response, types } = tell(handedOver)
    expect(types.slice(-9)).toEqual(
      [
        ...['added', 'arguments.delta', 'arguments.done', 'done'],
        ...['added', 'arguments.delta', 'arguments.done', 'done'],
        'completed',
      ].map((type) => {
        if (type === 'completed') return 'response.completed'
        return type.startsWith('arguments')
          ? `response.function_call_${type}`
          : `response.output_item.${type}`
      }),
    )
    expect(response).toMatchObject({
      status: 'completed',
      tools: [{ type: 'function', name: 'tool', parameters: { type: 'object' } }],
      output: [
        { type: 'message', content: [{ text: 'Look' }] },
        { type: 'function_call', call_id: toCallId({ ...key, callId: 'c1' }), name: 'tool', arguments: '{}' },
        { type: 'function_call', call_id: toCallId({ ...key, callId: 'c2' }) },
      ],
    })
  })

  test('goes on in the next response with the calls that are left, and then its answer', () => {
    expect(toCalls(1)).toMatchObject([{ call_id: toCallId({ ...key, callId: 'c2' }) }])
    expect(toCalls(2)).toMatchObject([{ type: 'message' }])
    expect([0, 1, 2, 3].map((part) => tell(handedOver, part).teller.isThere)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test('ends no response when it waits for a tool of the agent', () => {
    const own = handedOver.with(0, accepted('hi'))
    expect([0, 1].map((part) => tell(own, part).teller.isThere)).toEqual([true, false])
    expect(tell(own).response.output).toMatchObject([{}, { type: 'mcp_call' }, { type: 'mcp_call' }, {}])
  })

  test('never hands over a call whose arguments were refused', () => {
    const refused = { callId: 'c1', error: 'The arguments are not valid.', durationMs: 0 }
    const events: readonly RunEvent[] = [
      acceptedWithTool('hi'),
      started(1),
      calls(0, 'c1'),
      toolStarted('c1'),
      { type: 'tool.completed', data: refused },
      answer(1, 'Sorry'),
      completed('Sorry'),
    ]
    expect(tell(events).response.output).toMatchObject([
      { type: 'mcp_call', status: 'failed' },
      { type: 'message' },
    ])
  })
})

test('a call that was cut off stays incomplete when a human is asked whether to make it again', () => {
  const cutOff = [
    accepted('hi'),
    started(1),
    calls(0, 'c1'),
    toolStarted('c1'),
    started(2),
    asks('r~1', 'c1'),
    parked,
    parkedForTool,
  ]
  expect(tell(cutOff).response.output).toMatchObject([
    { type: 'mcp_call', status: 'incomplete', output: null, error: null },
    { type: 'mcp_approval_request', id: toApprovalItemId(key, 'r~1') },
  ])
  const again = [...cutOff, started(3), resumed, decides('r~1'), toolStarted('c1', 2), toolDone('c1', 'ok')]
  expect(tell(again, 1).response.output).toMatchObject([
    { type: 'mcp_call', status: 'completed', output: 'ok' },
  ])
})

test('a call that is executed again after a crash is one item', () => {
  const twice = [...rich.slice(0, 7), started(2), toolStarted('c1', 2), ...rich.slice(7)]
  expect(tell(twice).response.output).toEqual(tell(rich).response.output)
})

test('a run that fails is told with its code, and what was said stays', () => {
  const { types, response } = tell([...crashed.slice(0, 4), failed])
  expect(types.at(-1)).toBe('response.failed')
  expect(response).toMatchObject({
    status: 'failed',
    error: { type: 'server_error', code: 'model_error', message: 'It failed.' },
    output: [{ type: 'reasoning' }, { status: 'incomplete', content: [{ text: 'Rai' }] }],
  })
})

test('a run that was cancelled, or cut short, is told as incomplete', () => {
  const cancelled = tell([...crashed.slice(0, 4), stops])
  expect([cancelled.types.at(-1), cancelled.response.status]).toEqual(['response.incomplete', 'cancelled'])
  const [last] = plain.slice(-2)
  if (last?.type !== 'step.completed') throw new Error('The last step is missing.')
  const cut = { ...last, data: { ...last.data, finishReason: 'length' } }
  expect(tell([...plain.slice(0, -2), cut, completed('Sunny')]).response).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
  })
})

test('a run whose model was cut off before it had said anything is told as incomplete', () => {
  const [last] = plain.slice(-2)
  if (last?.type !== 'step.completed') throw new Error('The last step is missing.')
  const message = { role: 'assistant', contents: [] } as const
  const cut = { ...last, data: { ...last.data, message, finishReason: 'length' } }
  const end = { type: 'run.failed', data: toProblem(new AgentError('answer_cut_off', 'Cut.')) } as const
  const { types, response } = tell([...plain.slice(0, 2), cut, end])
  expect(types.at(-1)).toBe('response.incomplete')
  expect(response).toMatchObject({
    status: 'incomplete',
    error: null,
    incomplete_details: { reason: 'max_output_tokens' },
  })
})

test('a response is queued until somebody works on it', () => {
  expect(tell(plain.slice(0, 1)).response).toMatchObject({ status: 'queued', output: [], error: null })
  expect(tell(plain.slice(0, 3)).response).toMatchObject({
    status: 'in_progress',
    output: [{ status: 'in_progress', content: [{ text: 'Sun' }] }],
  })
})
