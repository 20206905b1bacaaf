import { expect, test } from 'vitest'
import type {
  AgentScopeEvent,
  MessageEvent,
  ResponseEvent,
} from '../../../../src/http/protocols/agentscope/agentscope-events.js'
import { createProjection, projectRun } from '../../../../src/http/protocols/agentscope/project-run.js'
import type { RunEvent } from '../../../../src/run/events.js'
import {
  accepted,
  answer,
  asks,
  calls,
  completed,
  parked,
  reset,
  resumed,
  says,
  started,
  store,
  thinks,
  toolDone,
  toolStarted,
} from '../../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'r' }

function project(...events: RunEvent[]): readonly AgentScopeEvent[] {
  return projectRun(key, store(events))
}

/** Events in a line each: what it is, how far, and what it carries. */
function toLines(events: readonly AgentScopeEvent[]): readonly string[] {
  return events.map((event) => {
    if (event.object === 'response') return `response ${event.status}`
    if (event.object === 'message') return `${event.type} ${event.status}`
    const { status, delta } = event
    const carried = event.type === 'text' ? event.text : JSON.stringify(event)
    return `${delta ? '+' : '='} ${status} ${carried}`
  })
}

function lastResponse(events: readonly AgentScopeEvent[]): ResponseEvent {
  const last = events.at(-1)
  if (last?.object !== 'response') throw new Error('A response ends with itself.')
  return last
}

/** The words of a response's messages. */
function toOutput(events: readonly AgentScopeEvent[]): readonly string[] {
  return (lastResponse(events).output ?? []).map((message) => `${message.type}: ${toWords(message)}`)
}

function toWords({ content }: MessageEvent): string {
  const [only] = content ?? []
  if (only?.type === 'text') return only.text
  return only?.type === 'refusal' ? only.refusal : JSON.stringify(only?.data)
}

/** What a client shows that adds pieces, and takes what is whole in the place of them. */
function toShown(events: readonly AgentScopeEvent[]): readonly string[] {
  const shown = new Map<string, string>()
  for (const event of events) {
    if (event.object === 'message') shown.set(event.id, shown.get(event.id) ?? '')
    if (event.object !== 'content' || event.type !== 'text') continue
    const before = event.delta ? (shown.get(event.msg_id) ?? '') : ''
    shown.set(event.msg_id, before + event.text)
  }
  return [...shown.values()].filter((text) => text !== '')
}

const asked = asks('r~1', 'c1', { a: 1 })

const begun = [accepted('hi'), started(1)]
const hello = [...begun, says(0, 'Hel'), says(0, 'lo'), answer(0, 'Hello'), completed('Hello')]

test('tells an answer in three levels', () => {
  expect(toLines(project(...hello))).toEqual([
    'response created',
    'response in_progress',
    'message in_progress',
    '+ in_progress Hel',
    '+ in_progress lo',
    '= completed Hello',
    'message completed',
    'response completed',
  ])
})

test('has exactly the fields that clients read, in their order', () => {
  const events = project(...hello)
  const [created, , opened, delta] = events
  expect(JSON.stringify(created)).toBe(
    '{"sequence_number":0,"object":"response","status":"created","error":null,"id":"r","created_at":1700000000,"completed_at":null,"output":null,"usage":null,"session_id":"s"}',
  )
  const id = opened?.object === 'message' ? opened.id : ''
  expect(id).toMatch(/^msg_[0-9a-f]{32}$/)
  expect(JSON.stringify(opened)).toBe(
    `{"sequence_number":2,"object":"message","status":"in_progress","error":null,"id":"${id}","type":"message","role":"assistant","content":null,"code":null,"message":null,"usage":null,"metadata":null}`,
  )
  expect(JSON.stringify(delta)).toBe(
    `{"sequence_number":3,"object":"content","status":"in_progress","error":null,"type":"text","index":0,"delta":true,"msg_id":"${id}","text":"Hel"}`,
  )
  expect(lastResponse(events)).toEqual({
    ...created,
    sequence_number: 7,
    status: 'completed',
    completed_at: 1_700_000_005,
    output: [{ ...events[6] }],
    usage: { input_tokens: 20, output_tokens: 10, total_tokens: 30 },
  })
  const { content } = events[6] as MessageEvent
  expect(content).toEqual([{ ...events[5], sequence_number: null }])
})

const eventful: readonly RunEvent[] = [
  ...begun,
  thinks(0, 'Hm'),
  says(0, 'On'),
  reset(0),
  thinks(0, 'Well'),
  says(0, 'One moment'),
  calls(0, 'c1', 'c2'),
  toolStarted('c1'),
  toolDone('c1', { ok: true }),
  { type: 'run.prepared', data: { instructions: 'secret' } },
  asked,
  parked,
  { type: 'approval.decided', data: { approvalId: 'r~1', decision: 'reject' } },
  resumed,
  started(2),
  { type: 'tool.completed', data: { callId: 'c2', error: 'broken', durationMs: 1 } },
  says(1, 'Done'),
  answer(1, 'Done'),
  completed('Done'),
]

test('numbers events from 0 without gaps, the same wherever the log is cut', () => {
  const stored = store(eventful)
  const whole = projectRun(key, stored)
  expect(whole.map(({ sequence_number }) => sequence_number)).toEqual(whole.map((_event, index) => index))
  for (const at of stored.keys()) {
    const project = createProjection(key)
    const told = [stored.slice(0, at), stored.slice(at)].flatMap((part) => part.flatMap(project))
    expect(told).toEqual(whole)
    expect(projectRun(key, stored.slice(0, at))).toEqual(
      whole.slice(0, projectRun(key, stored.slice(0, at)).length),
    )
  }
})

test('every message that is told of ends, and is told of under its own id', () => {
  const events = projectRun(key, store(eventful))
  const messages = events.filter((event) => event.object === 'message')
  const begun = messages.filter(({ status }) => status === 'in_progress').map(({ id }) => id)
  expect(new Set(begun).size).toBe(begun.length)
  for (const id of begun)
    expect(messages.findLast((message) => message.id === id)?.status).not.toBe('in_progress')
})

/** A model call that was broken off within its answer, and made again. */
const madeAgain = [...begun, thinks(0, 'Hm'), says(0, 'On'), reset(0), says(0, 'Ok'), answer(0, 'Ok')]

test('tells a model call that was made again as void, and then anew', () => {
  const events = project(...madeAgain, completed('Ok'))
  expect(toLines(events).slice(2)).toEqual([
    'reasoning in_progress',
    '+ in_progress Hm',
    '= completed Hm',
    'reasoning completed',
    'message in_progress',
    '+ in_progress On',
    '= incomplete ',
    'reasoning incomplete',
    '= incomplete ',
    'message incomplete',
    'message in_progress',
    '+ in_progress Ok',
    '= completed Ok',
    'message completed',
    'response completed',
  ])
  expect(toOutput(events)).toEqual(['message: Ok'])
})

test('leaves a client that adds pieces with what counts', () => {
  expect(toShown(projectRun(key, store(eventful)))).toEqual(['Well', 'One moment', 'Done'])
  expect(toShown(project(...madeAgain, completed('Fine')))).toEqual(['Fine'])
})

test('tells an answer that came whole as if it had come in pieces', () => {
  expect(toLines(project(...begun, answer(0, 'Hello'), completed('Hello'))).slice(2)).toEqual([
    'message in_progress',
    '= completed Hello',
    'message completed',
    'response completed',
  ])
})

test('tells tool calls and what came of them by their names', () => {
  const failed: RunEvent = { type: 'tool.completed', data: { callId: 'c2', error: 'broken', durationMs: 1 } }
  const done = [...begun, calls(0, 'c1', 'c2'), toolDone('c1', { ok: true }), failed]
  const events = project(...done, answer(1, 'Ok'), completed('Ok'))
  expect(toOutput(events)).toEqual([
    'plugin_call: {"call_id":"c1","name":"tool","arguments":"{}"}',
    'plugin_call: {"call_id":"c2","name":"tool","arguments":"{}"}',
    'plugin_call_output: {"call_id":"c1","name":"tool","output":"{\\"ok\\":true}"}',
    'plugin_call_output: {"call_id":"c2","name":"tool","output":"{\\"error\\":\\"broken\\"}"}',
    'message: Ok',
  ])
  const roles = lastResponse(events).output?.map(({ role }) => role)
  expect(roles).toEqual(['assistant', 'assistant', 'tool', 'tool', 'assistant'])
})

test('asks for an approval, stands still as incomplete, and goes on', () => {
  const waiting = [...begun, calls(0, 'c1'), asked, parked]
  const events = project(...waiting)
  expect(toOutput(events).at(-1)).toBe(
    'mcp_approval_request: {"id":"r~1","arguments":"{\\"a\\":1}","name":"tool","server_label":"A"}',
  )
  expect(lastResponse(events)).toMatchObject({
    status: 'incomplete',
    completed_at: null,
    usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
  })
  const all = project(...waiting, resumed, toolDone('c1', 1), answer(1, 'Ok'), completed('Ok'))
  expect(toLines(all).filter((line) => line.startsWith('response'))).toEqual([
    'response created',
    'response in_progress',
    'response incomplete',
    'response in_progress',
    'response completed',
  ])
})

test('tells nothing of a run that is handed from one execution to the next', () => {
  const limit: RunEvent = { type: 'run.parked', data: { reason: 'operation_limit' } }
  const next: RunEvent = { type: 'run.resumed', data: { reason: 'operation_limit' } }
  const events = project(...begun, limit, next, started(2), answer(0, 'Ok'), completed('Ok'))
  expect(toLines(events).filter((line) => line.startsWith('response'))).toHaveLength(3)
})

test('ends a run that failed with its code and no more than its detail', () => {
  const problem = {
    type: 'about:blank',
    title: 'The model failed',
    status: 502,
    detail: 'It failed.',
  } as const
  const events = project(...begun, says(0, 'Hel'), {
    type: 'run.failed',
    data: { ...problem, code: 'model_error' },
  })
  expect(toLines(events).slice(-3)).toEqual(['= failed Hel', 'message failed', 'response failed'])
  expect(lastResponse(events)).toMatchObject({
    error: { code: 'model_error', message: 'It failed.' },
    completed_at: 1_700_000_003,
    usage: { total_tokens: 0 },
  })
})

test('keeps what was said when a run is stopped', () => {
  const stopped: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: 'Hel' } }
  const events = project(...begun, says(0, 'Hel'), stopped)
  expect(toOutput(events)).toEqual(['message: Hel'])
  expect(lastResponse(events)).toMatchObject({
    status: 'canceled',
    error: { code: 'run_cancelled', message: 'Enough.' },
  })
})

test('tells an answer that no model gave', () => {
  expect(toOutput(project(accepted('hi'), completed('From elsewhere')))).toEqual(['message: From elsewhere'])
})

test('puts the words that middleware has chosen in the place of the model’s, under the same message', () => {
  const events = project(...begun, says(0, 'Damn'), answer(0, 'Damn'), completed('Well'))
  expect(toOutput(events)).toEqual(['message: Well'])
  expect(new Set(events.flatMap((event) => (event.object === 'message' ? [event.id] : []))).size).toBe(1)
})

test('takes back an answer that did not fit the schema', () => {
  const rejected: RunEvent = { type: 'answer.rejected', data: { step: 0, issues: [] } }
  const events = project(...begun, says(0, 'no'), answer(0, 'no'), rejected, answer(1, '{}'), completed('{}'))
  expect(toLines(events)).toContain('message incomplete')
  expect(toOutput(events)).toEqual(['message: {}'])
})

test('tells a refusal as one', () => {
  const refused = answer(0, '')
  if (refused.type !== 'step.completed') throw new Error('An answer is a step.')
  const message = { role: 'assistant', contents: [{ type: 'error', message: 'I will not.' }] } as const
  const step: RunEvent = { type: 'step.completed', data: { ...refused.data, message } }
  const events = project(...begun, step, completed('I will not.'))
  expect(toOutput(events)).toEqual(['message: I will not.'])
  expect(lastResponse(events).output?.[0]?.content?.[0]).toMatchObject({ type: 'refusal' })
})

test('keeps to itself what providers keep to themselves', () => {
  const kept: RunEvent[] = [
    { type: 'run.prepared', data: { instructions: 'secret' } },
    { type: 'state.changed', data: { state: { memory: { pin: 'secret' } } } },
    { type: 'step.continued', data: { step: 0, token: 'secret' } },
  ]
  const events = project(...begun, ...kept, answer(0, 'Ok'), completed('Ok'))
  expect(JSON.stringify(events)).not.toContain('secret')
})
