import { expect, test } from 'vitest'
import { Agent } from '../../../../../src/agent/agent.js'
import { toResponseId } from '../../../../../src/http/protocols/openai/responses/response-id.js'
import {
  handleCreateResponse,
  handleRetrieveResponse,
} from '../../../../../src/http/protocols/openai/responses/responses-handlers.js'
import type { Call } from '../../../../../src/http/route.js'
import type { RunEvent } from '../../../../../src/run/events.js'
import { ScriptedModel } from '../../../../../src/testing/scripted-model.js'
import {
  accepted,
  answer,
  calls,
  completed,
  started,
  store,
  toolDone,
} from '../../../../run/event-samples.js'

const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })
const going = [accepted('Hi'), started(1)]
const ended = [...going, answer(0, 'ok'), completed('ok')]

/** Posts a response whose run has come as far as `events` while its caller waits; notes what was done to that end. */
async function create(events: readonly RunEvent[], body: object = {}) {
  const story: string[] = []
  const note = (name: string) => async () => void story.push(name)
  const stored = store(events)
  const { status, body: text } = await post(body, {
    begin: note('begin'),
    settle: note('settle'),
    async readRun() {
      story.push('read')
      return stored
    },
    async *follow() {
      story.push('follow')
      yield stored
    },
  })
  const told = typeof text === 'string' ? JSON.parse(text).status : undefined
  return { status, told, story }
}

/** Posts a response to an app with these sessions. */
function post(body: object, sessions: object) {
  const request = new Request('http://localhost/api/compatible-mode/v1/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'Hi', ...body }),
  })
  const call = {
    request,
    url: new URL(request.url),
    params: {},
    owner: undefined,
    agents: [agent],
    exposures: new Map(),
    settings: { waitLimitMs: 1000, streamLimitMs: 1000, heartbeatMs: 1000, maxBodyBytes: 1000 },
    sessions,
  } as unknown as Call
  return handleCreateResponse(call)
}

test('the answer to a caller who waits needs no flush of its own', async () => {
  expect(await create(ended)).toEqual({ status: 200, told: 'completed', story: ['begin', 'follow'] })
})

test.each([
  ['has waited in vain', {}, 'in_progress', ['begin', 'follow', 'settle']],
  ['is answered at once', { background: true }, 'in_progress', ['begin', 'read', 'settle']],
  ['follows its stream', { stream: true }, undefined, ['begin', 'settle']],
])('a run whose caller %s is on disk before', async (_name, body, told, story) => {
  expect(await create(going, body)).toEqual({ status: 200, told, story })
})

test('a decision that its run learns of only after it has begun to wait again is answered with what came of it', async () => {
  const wait: RunEvent = { type: 'run.parked', data: { reason: 'approval' } }
  const asks = (approvalId: string, callId: string): RunEvent => {
    return {
      type: 'approval.requested',
      data: { approvalId, callId, name: 'tool', arguments: {}, reason: 'policy' },
    }
  }
  const approved = (approvalId: string): RunEvent => {
    return { type: 'approval.decided', data: { approvalId, decision: 'approve' } }
  }
  const asked = [accepted('Hi'), started(1), calls(0, 'c1', 'c2'), asks('r~1', 'c1'), asks('r~2', 'c2'), wait]
  const before = [...asked, approved('r~1')]
  const after = [
    toolDone('c1', 1),
    wait,
    approved('r~2'),
    toolDone('c2', 2),
    answer(1, 'ok'),
    completed('ok'),
  ]
  const stored = store([...before, ...after])
  const sessions = {
    async requireSession() {},
    async decideAll() {
      return [true]
    },
    async settle() {},
    readRun: async () => store(before),
    async *follow() {
      yield stored.slice(0, -4)
      yield stored.slice(-4)
    },
  }
  const id = toResponseId({ agent: 'A', session: 's', run: 'r', first: 0, part: 0 })
  const input = [{ type: 'mcp_approval_response', approval_request_id: 'r~2', approve: true }]
  const { body } = await post({ input, previous_response_id: id }, sessions)
  const { output } = JSON.parse(String(body))
  expect(output).toMatchObject([{ output: '1' }, { output: '2' }, { type: 'message' }])
})

test('an agent without routes has no responses, whatever an id says', async () => {
  const sessions = {
    async requireSession() {},
    readRun: async () => store(ended),
  }
  const responseId = toResponseId({ agent: 'A', session: 's', run: 'r', first: 0, part: 0 })
  const call = { url: new URL('http://localhost/'), params: { responseId }, agents: [agent], sessions }
  const retrieve = (http: boolean) =>
    handleRetrieveResponse({ ...call, exposures: new Map([[agent, { http }]]) } as unknown as Call)
  expect(await retrieve(true)).toMatchObject({ status: 200 })
  await expect(retrieve(false)).rejects.toMatchObject({ code: 'not_found' })
})
