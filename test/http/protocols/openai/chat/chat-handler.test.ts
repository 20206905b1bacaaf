import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../../../src/agent/agent.js'
import { AgentError } from '../../../../../src/core/errors.js'
import { handleChatCompletions } from '../../../../../src/http/protocols/openai/chat/chat-handler.js'
import type { Call } from '../../../../../src/http/route.js'
import type { ControlRecord } from '../../../../../src/run/control.js'
import type { RunEvent, TerminalEvent } from '../../../../../src/run/events.js'
import { fold } from '../../../../../src/run/fold.js'
import type { RunSummary } from '../../../../../src/run/run-log.js'
import { withWishes } from '../../../../../src/run/waiting.js'
import { ScriptedModel } from '../../../../../src/testing/scripted-model.js'
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
  store,
  toolDone,
  toolStarted,
} from '../../../../run/event-samples.js'

const plain = new Agent({ name: 'A', client: new ScriptedModel([]) })

interface Scene {
  /** @default one without a shape of answers */
  readonly agent?: Agent
  /** What a caller is told who waits. */
  readonly news?: TerminalEvent | 'waiting' | undefined
  /** Runs of the session that have not ended. */
  readonly open?: readonly Pick<RunSummary, 'run' | 'status'>[]
  /** What somebody wishes about the run. */
  readonly controls?: readonly ControlRecord[]
  /** The run's log at each look at it; the last one stays. */
  readonly logs?: readonly (readonly RunEvent[])[]
  /** What comes later, event by event. */
  readonly later?: readonly RunEvent[]
  /** What following ends with. */
  readonly failure?: Error
}

/** Asks for a chat completion; returns the answer, what was done to that end, and what was told to nobody but the log. */
async function ask(scene: Scene, stream = false) {
  const { agent = plain, logs = [[]], later = [], news } = scene
  const story: string[] = []
  const errors: unknown[] = []
  let looks = 0
  const request = new Request('http://localhost/api/compatible-mode/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 's', 'idempotency-key': 'r' },
    body: JSON.stringify({ model: 'A', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  })
  async function* follow(_key: unknown, after: number) {
    story.push(`follow after ${after}`)
    for (const event of store(later, after + 1)) yield [event]
    if (scene.failure !== undefined) throw scene.failure
  }
  const sessions = {
    requireSession: async () => {},
    begin: async () => story.push('begin'),
    settle: async () => story.push('settle'),
    async waitForNews() {
      story.push('wait')
      return news
    },
    async readRun() {
      story.push('read')
      return store(logs[Math.min(looks++, logs.length - 1)] ?? [])
    },
    async readStanding() {
      return withWishes(fold(await this.readRun()), scene.controls ?? [], '2000-01-01T00:00:00.000Z')
    },
    follow,
  }
  const answered = await handleChatCompletions({
    request,
    url: new URL(request.url),
    settings: { waitLimitMs: 1000, streamLimitMs: 1000, heartbeatMs: 1000, maxBodyBytes: 1000 },
    agents: [agent],
    exposures: new Map(),
    sessions,
    log: { controls: async () => scene.controls ?? [], runsAfter: async () => scene.open ?? [] },
    onError: (error: unknown) => errors.push(error),
  } as unknown as Call)
  return { ...answered, text: await new Response(answered.body).text(), story, errors }
}

function toOutcome(event: RunEvent): TerminalEvent {
  if (event.type !== 'run.completed') throw new Error('A completion ends a run.')
  return event
}

const approvalId = 'r.c.1'
const asking: readonly RunEvent[] = [accepted('Hi'), started(1), calls(0, 'c'), asks(approvalId, 'c'), parked]
const decision = { type: 'decision', approvalId, decision: 'approve' } as const
const onward: readonly RunEvent[] = [
  resumed,
  decides(approvalId),
  toolStarted('c'),
  toolDone('c', 1),
  answer(1, 'ok'),
  completed('ok'),
]

test('an answer in the shape that the agent itself asks for stands alone, without the one that did not fit', async () => {
  const responseFormat = z.object({ city: z.string() })
  const agent = new Agent({ name: 'A', client: new ScriptedModel([]), responseFormat })
  const [begun, ended] = [[accepted('Hi'), started(1), answer(0, '{}')], completed('{"city":"Oslo"}')]
  const rejected: RunEvent = { type: 'answer.rejected', data: { step: 0, issues: [] } }
  const log = [...begun, rejected, answer(1, '{"city":"Oslo"}'), ended]
  const { text } = await ask({ agent, news: toOutcome(ended), logs: [log] })
  expect(JSON.parse(text).choices[0].message.content).toBe('{"city":"Oslo"}')
  const streamed = await ask({ agent, logs: [begun], later: log }, true)
  expect(streamed.text.match(/"content":"(?!")[^}]*/g)).toEqual([expect.stringContaining('Oslo')])
})

describe('a run that has yet to hear of a decision', () => {
  test('is told as a stream when it has heard', async () => {
    const logs = [asking, [...asking, ...onward]]
    const { text } = await ask({ logs, later: onward, controls: [decision] }, true)
    expect(text).toContain('"content":"ok"')
    expect(text).not.toContain('approval_required')
  })

  test('waits all the same when the decision is about something else', async () => {
    const controls = [{ ...decision, approvalId: 'r.b.1' }]
    expect((await ask({ logs: [asking], controls }, true)).text).toContain('approval_required')
  })
})

describe('a message to a session with a run that asks', () => {
  const open = [{ run: 'earlier', status: 'parked' }] as const

  test('is not taken', async () => {
    const { status, story, headers } = await ask({ open, logs: [[], asking] })
    expect([status, story]).toEqual([409, ['read', 'read', 'read']])
    expect(headers).toMatchObject({ 'x-ms-correlation-id': 'earlier' })
  })

  test.each([
    ['has been answered', { open, controls: [decision], logs: [[], asking, []] }],
    ['waits for something else', { open, logs: [[], [accepted('Hi')], []] }],
    ['is at work', { open: [{ run: 'earlier', status: 'open' }] }],
  ] as const)('is taken when that run %s', async (_name, scene) => {
    const { status, story } = await ask({ ...scene, news: toOutcome(completed('ok')) })
    expect(status).toBe(200)
    expect(story).toContain('begin')
  })
})

describe('a caller who waits', () => {
  test('needs no flush for the answer', async () => {
    const log = [accepted('Hi'), started(1), answer(0, 'ok'), completed('ok')]
    const { status, story, text } = await ask({ news: toOutcome(completed('ok')), logs: [log] })
    expect([status, story]).toEqual([200, ['begin', 'wait', 'read']])
    expect(JSON.parse(text).choices[0].message.content).toBe('ok')
  })

  test('gets the answer of a session that is deleted meanwhile', async () => {
    const { text } = await ask({ news: toOutcome(completed('ok')), logs: [[]] })
    expect(JSON.parse(text).choices[0].message.content).toBe('ok')
  })

  test('is told to come again when somebody has answered just now what it has asked', async () => {
    const { status, text } = await ask({ news: 'waiting', logs: [[...asking, ...onward.slice(0, 2)]] })
    expect([status, JSON.parse(text).error.code]).toEqual([504, 'run_unfinished'])
  })

  test.each([
    ['waits for a human', 'waiting', 409, 'approval_required'],
    ['takes too long', undefined, 504, 'run_unfinished'],
  ] as const)('is told of a run that %s when it is on disk', async (_name, news, status, code) => {
    const told = await ask({ news, logs: [asking] })
    expect([told.status, told.story.filter((one) => one !== 'read')]).toEqual([
      status,
      ['begin', 'wait', 'settle'],
    ])
    expect(JSON.parse(told.text).error).toMatchObject({
      code,
      param: null,
      message: expect.stringContaining('run "r" of session "s": GET agents/A/s/runs/r.'),
    })
    expect(told.headers).toMatchObject({
      location: 'http://localhost/api/agents/A/s/runs/r',
      'x-should-retry': 'false',
      'x-ms-session-id': 's',
      'x-ms-correlation-id': 'r',
    })
  })
})

describe('a stream', () => {
  test('begins when the run is on disk, and tells nothing that was void by then', async () => {
    const log = [accepted('Hi'), started(1), says(0, 'No'), reset(0)]
    const later = [says(0, 'Yes'), answer(0, 'Yes'), completed('Yes')]
    const { story, text } = await ask({ logs: [log], later }, true)
    expect(story).toEqual(['begin', 'settle', 'read', 'follow after 3'])
    expect(text).not.toContain('No')
    expect(text).toContain('"content":"Yes"')
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('of a run that has ended follows nothing', async () => {
    const log = [accepted('Hi'), started(1), answer(0, 'ok'), completed('ok')]
    expect((await ask({ logs: [log] }, true)).story).toEqual(['begin', 'settle', 'read'])
  })

  test('whose time is up says that the run goes on', async () => {
    const { text } = await ask({ logs: [[accepted('Hi')]] }, true)
    expect(text).toMatch(/data: \{"error":\{.+"code":"run_unfinished"\}\}\n\n$/)
  })

  test('of a run that is deleted says so', async () => {
    const deleted: RunEvent = { type: 'run.cancelled', data: { reason: 'It was deleted.', text: '' } }
    const { text } = await ask({ logs: [[accepted('Hi')]], later: [deleted] }, true)
    expect(text).toMatch(/data: \{"error":\{.+"code":"run_cancelled"\}\}\n\n$/)
  })

  test('whose store fails ends with an error, and keeps the details for the log', async () => {
    const failure = new Error('secret of the store')
    const { text, errors } = await ask({ logs: [[accepted('Hi')]], failure }, true)
    expect(text).toMatch(/data: \{"error":\{.+"code":"internal"\}\}\n\n$/)
    expect(text).not.toContain('secret')
    expect(errors).toEqual([failure])
    const away = new AgentError('store_unavailable', 'The store is away.')
    expect((await ask({ logs: [[accepted('Hi')]], failure: away }, true)).text).toContain('store_unavailable')
  })
})
