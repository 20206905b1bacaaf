import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { Call } from '../../src/http/route.js'
import { createRunHandler } from '../../src/http/run-handler.js'
import type { TerminalEvent } from '../../src/run/events.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { completed } from '../run/event-samples.js'

const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })

/** Asks for a run, of which there is `news` while its caller waits; returns the status and what was done to that end. */
async function run(news: TerminalEvent | 'waiting' | undefined, headers: Record<string, string> = {}) {
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
      begin: note('begin', undefined),
      settle: note('settle', undefined),
      waitForNews: note('wait', news),
      readApprovals: note('read approvals', []),
      async *follow() {},
    },
    onError: () => {},
  } as unknown as Call
  const { status } = await createRunHandler(agent)(call)
  return { status, story }
}

test('the answer to a caller who waits needs no flush of its own', async () => {
  const event = completed('ok')
  if (event.type !== 'run.completed') throw new Error('A completion ends a run.')
  expect(await run(event)).toEqual({ status: 200, story: ['begin', 'wait'] })
})

test.each([
  ['is told at once', undefined, { 'x-ms-wait-for-response': 'false' }, 202, ['begin', 'settle']],
  ['follows its events', undefined, { accept: 'text/event-stream' }, 200, ['begin', 'settle']],
  ['has waited in vain', undefined, {}, 202, ['begin', 'wait', 'settle']],
  ['is told of approvals', 'waiting', {}, 202, ['begin', 'wait', 'settle', 'read approvals']],
] as const)('a run whose caller %s is on disk before', async (_name, news, headers, status, story) => {
  expect(await run(news, headers)).toEqual({ status, story })
})
