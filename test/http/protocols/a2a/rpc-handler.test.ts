import { expect, test } from 'vitest'
import { Agent } from '../../../../src/agent/agent.js'
import { AgentError } from '../../../../src/core/errors.js'
import { handleRpc } from '../../../../src/http/protocols/a2a/rpc-handler.js'
import { toTaskId } from '../../../../src/http/protocols/a2a/task-id.js'
import type { Call } from '../../../../src/http/route.js'
import type { Decision } from '../../../../src/run/control.js'
import type { RunEvent } from '../../../../src/run/events.js'
import { fold } from '../../../../src/run/fold.js'
import { ScriptedModel } from '../../../../src/testing/scripted-model.js'
import {
  accepted,
  calls,
  completed,
  decides,
  parked,
  resumed,
  started,
  store,
} from '../../../run/event-samples.js'

const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })

interface Scene {
  /** The run's log at each look at it; the last one stays. */
  readonly logs: readonly (readonly RunEvent[])[]
  /** What comes later. @default nothing */
  readonly later?: readonly RunEvent[]
  /** What following the run ends with. @default the caller's time limit */
  readonly end?: () => void
  /** Why it cannot be cancelled. @default it can */
  readonly refusal?: AgentError
}

const message = { messageId: 'm', contextId: 's', role: 'ROLE_USER', parts: [{ text: 'Hi' }] }
const id = toTaskId({ session: 's', run: 'm' })

/** Calls a method; gives the answer, what was done to that end, and what was told to nobody but the log. */
async function post(method: string, params: object, { logs, later = [], end, refusal }: Scene) {
  const story: string[] = []
  const errors: unknown[] = []
  let looks = 0
  const request = new Request('http://localhost/api/a2a/a', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const sessions = {
    requireSession: async () => {},
    begin: async () => story.push('begin'),
    settle: async () => story.push('settle'),
    cancel: async () => {
      if (refusal !== undefined) throw refusal
      story.push('cancel')
    },
    readStanding: async (_key: unknown, events: readonly RunEvent[]) => fold(events),
    readRun: async () => store(logs[Math.min(looks++, logs.length - 1)] ?? []),
    decideAll: async (_key: unknown, decisions: readonly Decision[]) => {
      story.push(...decisions.map(({ approvalId, decision }) => `${decision} ${approvalId}`))
      return decisions.map(() => true)
    },
    async *follow(_key: unknown, after: number, signal: AbortSignal) {
      if (later.length > 0) yield store(later).map((event) => ({ ...event, id: event.id + after + 1 }))
      if (end === undefined) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      end?.()
    },
  }
  const answer = await handleRpc({
    request,
    url: new URL(request.url),
    params: { agent: 'a' },
    settings: { waitLimitMs: 5, streamLimitMs: 5, heartbeatMs: 1000, maxBodyBytes: 4000 },
    agents: [agent],
    exposures: new Map(),
    sessions,
    log: { controls: async () => [] },
    onError: (error: unknown) => errors.push(error),
  } as unknown as Call)
  return { text: await new Response(answer.body).text(), headers: answer.headers, story, errors }
}

const running = [accepted('Hi'), started(1)]

test('a caller that waits too long is given the task as it stands, once it is safe', async () => {
  const { text, story, headers } = await post('SendMessage', { message }, { logs: [running] })
  expect(JSON.parse(text).result.task.status.state).toBe('TASK_STATE_WORKING')
  expect(story).toEqual(['begin', 'settle'])
  expect(headers).toMatchObject({ 'x-ms-session-id': 's', 'x-ms-correlation-id': 'm' })
})

const question = { approvalId: 'a', callId: 'c', name: 'refund', arguments: {}, reason: 'policy' } as const
const asking: readonly RunEvent[] = [
  ...running,
  calls(0, 'c'),
  { type: 'approval.requested', data: question },
  parked,
]
const decided = [resumed, decides('a')]

test.each(['SendMessage', 'SendStreamingMessage'])(
  'who has answered a question by %s is told what follows, although the run has yet to hear of it',
  async (method) => {
    const yes = { ...message, messageId: 'y', taskId: id, parts: [{ text: 'yes' }] }
    const done = [...decided, completed('Done')]
    const logs = method === 'SendMessage' ? [asking, asking, [...asking, ...done]] : [asking]
    const { text, story } = await post(method, { message: yes }, { logs, later: done })
    expect(story).toContain('approve a')
    expect(text).toContain('TASK_STATE_COMPLETED')
  },
)

test('words beside a decision are as long as a reason may be', async () => {
  const decide = (length: number) => {
    const parts = [{ data: { approvalId: 'a', approved: false } }, { text: 'x'.repeat(length) }]
    return post('SendMessage', { message: { ...message, taskId: id, parts } }, { logs: [asking] })
  }
  expect((await decide(2001)).text).toMatch(/-32602.*message\.parts.*2000/)
  expect((await decide(2000)).story).toContain('reject a')
})

test('a stream ends at its time limit, and says nothing of an end', async () => {
  const { text } = await post('SendStreamingMessage', { message }, { logs: [running] })
  const frames = text.split('\n').filter((line) => line.startsWith('data: '))
  expect(frames).toHaveLength(1)
  expect(text).toContain('TASK_STATE_WORKING')
})

const deleted: RunEvent = { type: 'run.cancelled', data: { reason: 'It was deleted.', text: '' } }

test('a task that is deleted while it is followed counts as cancelled', async () => {
  const { text } = await post(
    'SendStreamingMessage',
    { message },
    { logs: [running], later: [deleted], end: () => {} },
  )
  expect(text).toMatch(/TASK_STATE_CANCELED.*deleted/)
})

test('a task that is deleted while its caller waits is not found', async () => {
  const { text } = await post('SendMessage', { message }, { logs: [running, []], end: () => {} })
  expect(JSON.parse(text).error.code).toBe(-32001)
})

test('a task that does not stop at once is told as it is', async () => {
  const { text, story } = await post('CancelTask', { id }, { logs: [running] })
  expect(JSON.parse(text).result.status.state).toBe('TASK_STATE_WORKING')
  expect(story).toEqual(['cancel'])
})

test('a task that is part of another one cannot be cancelled by itself', async () => {
  const refusal = new AgentError('run_joined', 'Run "m" has joined run "first".')
  const { text } = await post('CancelTask', { id }, { logs: [running], refusal })
  expect(JSON.parse(text).error).toMatchObject({ code: -32002, message: refusal.message })
})

test('what breaks is told without its cause, in streams too', async () => {
  const fail = (error: Error) => () => {
    throw error
  }
  for (const method of ['SendMessage', 'SendStreamingMessage']) {
    const { text, errors } = await post(
      method,
      { message },
      { logs: [running], end: fail(new Error('secret')) },
    )
    expect(text).toContain('-32603')
    expect(text).not.toContain('secret')
    expect(errors).toEqual([new Error('secret')])
  }
  const away = new AgentError('store_unavailable', 'The store is away.', { cause: new Error('secret') })
  const { text } = await post('SendMessage', { message }, { logs: [running], end: fail(away) })
  expect(text).toMatch(/-32603.*The store is away.*"code":"store_unavailable"/)
})
