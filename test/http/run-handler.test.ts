import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { Call } from '../../src/http/route.js'
import { createRunHandler } from '../../src/http/run-handler.js'
import type { RunEvent, TerminalEvent } from '../../src/run/events.js'
import { fold } from '../../src/run/fold.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { accepted, completed, started } from '../run/event-samples.js'

const cancelled: RunEvent = { type: 'run.cancelled', data: { reason: 'Enough.', text: '' } }

const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })

/** Asks for a run, of which there is `news` while its caller waits; returns the answer and what was done to that end. */
async function run(
  news: TerminalEvent | 'waiting' | undefined,
  headers: Record<string, string> = {},
  events: readonly RunEvent[] = [accepted('Hi')],
  isNew = true,
) {
  const story: string[] = []
  const note =
    <T>(name: string, value: T) =>
    async () => {
      story.push(name)
      return value
    }
  const request = new Request('http://localhost/api/agents/A/run', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message: 'Hi' }),
  })
  const call = {
    request,
    url: new URL(request.url),
    owner: undefined,
    settings: { waitLimitMs: 1000, streamLimitMs: 1000, heartbeatMs: 1000, maxBodyBytes: 1000 },
    sessions: {
      begin: note('begin', isNew),
      settle: note('settle', undefined),
      waitForNews: note('wait', news),
      readStanding: note('read run', fold(events)),
      async *follow() {},
    },
    onError: () => {},
  } as unknown as Call
  const { status, body } = await createRunHandler(agent)(call)
  return { status, body, story }
}

test('the answer to a caller who waits needs no flush of its own', async () => {
  const event = completed('ok')
  if (event.type !== 'run.completed') throw new Error('A completion ends a run.')
  expect(await run(event)).toMatchObject({ status: 200, story: ['begin', 'wait'] })
})

test.each([
  ['is told at once', undefined, { 'x-ms-wait-for-response': 'false' }, 202, ['begin', 'settle']],
  ['follows its events', undefined, { accept: 'text/event-stream' }, 200, ['begin', 'settle']],
  ['has waited in vain', undefined, {}, 202, ['begin', 'wait', 'settle', 'read run']],
  ['is told of approvals', 'waiting', {}, 202, ['begin', 'wait', 'settle', 'read run']],
] as const)('a run whose caller %s is on disk before', async (_name, news, headers, status, story) => {
  expect(await run(news, headers)).toMatchObject({ status, story })
})

test.each([
  ['accepted', [accepted('Hi')]],
  ['running', [accepted('Hi'), started(1)]],
] as const)(
  'a caller who has waited in vain is told that the run is %s, as whoever asks again',
  async (status, events) => {
    const { body } = await run(undefined, {}, events)
    expect(JSON.parse(String(body))).toMatchObject({ status })
  },
)

test.each([
  [202, { status: 'accepted' }, [accepted('Hi')]],
  [202, { status: 'running' }, [accepted('Hi'), started(1)]],
  [200, { response: 'ok' }, [accepted('Hi'), started(1), completed('ok')]],
  [200, { status: 'cancelled' }, [accepted('Hi'), cancelled]],
] as const)('who asks again without waiting is told %d with %o', async (status, said, events) => {
  const told = await run(undefined, { 'x-ms-wait-for-response': 'false' }, events, false)
  expect([told.status, told.story]).toEqual([status, ['begin', 'settle', 'read run']])
  expect(JSON.parse(String(told.body))).toMatchObject(said)
})
