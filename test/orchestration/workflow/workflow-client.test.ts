import type { DurableClient } from 'durable-functions'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { requestNode, transformNode } from '../../../src/orchestration/workflow/nodes.js'
import type { OpenQuestion } from '../../../src/orchestration/workflow/pending-requests.js'
import { WorkflowBuilder } from '../../../src/orchestration/workflow/workflow-builder.js'
import { WorkflowClient } from '../../../src/orchestration/workflow/workflow-client.js'
import type { WorkflowRun } from '../../../src/orchestration/workflow/workflow-run.js'
import { createWorkflowStart, readWorkflowStart } from '../../../src/orchestration/workflow/workflow-start.js'
import type { SessionClient } from '../../../src/session/client/session-client.js'

/** Whoever asks may begin runs. */
const sessions = { mayBegin: async () => {} } as unknown as SessionClient

const workflow = new WorkflowBuilder({
  name: 'Echo',
  start: transformNode('echo', (text: string) => text),
}).build()
const started = { id: 0, at: 0, type: 'workflow.started', data: { workflow: 'Echo', instanceId: 'r' } }

/** A task hub in which somebody else has started and ended a run just after the first look. */
function createTaskHub(input: unknown) {
  const starts: string[] = []
  let looks = 0
  const found = { name: 'dafx-Echo', input, runtimeStatus: 'Completed', createdTime: new Date(0) }
  const durable = {
    async getStatus() {
      looks += 1
      if (looks === 1) throw new Error('The operation replied with HTTP 404.')
      return found
    },
    readEntityState: async () => ({ entityExists: true, entityState: { events: [started] } }),
    async startNew(name: string) {
      starts.push(name)
    },
  }
  return { starts, client: new WorkflowClient(durable as unknown as DurableClient, sessions) }
}

describe('a run that has come and gone since somebody looked for it', () => {
  const key = { workflow, instanceId: 'r', owner: 'ann' }

  test('is not begun anew', async () => {
    const { client, starts } = createTaskHub(createWorkflowStart('tea', { owner: 'ann' }))
    await client.start(key, 'tea')
    expect(starts).toEqual([])
  })

  test.each([
    ['of another input', createWorkflowStart('cake', { owner: 'ann' }), 'idempotency_conflict'],
    ["of somebody else's", createWorkflowStart('tea', { owner: 'bob' }), 'not_found'],
  ])('is in the way, when it is one %s', async (_what, input, code) => {
    const { client, starts } = createTaskHub(input)
    await expect(client.start(key, 'tea')).rejects.toMatchObject({ code })
    expect(starts).toEqual([])
  })
})

test('what durable-functions would change of an input is kept from it', async () => {
  const starts: unknown[] = []
  const durable = {
    getStatus: () => Promise.reject(new Error('The operation replied with HTTP 404.')),
    readEntityState: async () => ({ entityExists: false }),
    startNew: async (_name: string, { input }: { input: unknown }) => void starts.push(input),
  }
  const client = new WorkflowClient(durable as unknown as DurableClient, sessions)
  const input = { Timestamp: 'soon' }
  await client.start({ workflow, instanceId: 'r', owner: 'ann' }, input)
  expect(JSON.stringify(starts)).not.toContain('"Timestamp"')
  expect(starts.map(readWorkflowStart)).toMatchObject([{ input, owner: 'ann' }])
})

test('a question that waits no more is told from one that was never asked, also in a nested workflow', async () => {
  const opened = { id: 1, at: 0, type: 'request.opened', data: { requestId: 'q' } }
  const nested = { node: 'sub', nested: { instanceId: 'inner', ordinal: 2 } }
  const journals: Readonly<Record<string, readonly object[]>> = {
    r: [started, { id: 1, at: 0, type: 'node.started', data: nested }],
    inner: [started, opened],
  }
  const readEntityState = async ({ key }: { key: string }) => {
    const events = journals[decodeURIComponent(key).split('~')[0] ?? '']
    return { entityState: { events } }
  }
  const client = new WorkflowClient({ readEntityState } as unknown as DurableClient, sessions)
  const run = { workflow, instanceId: 'r', runtimeStatus: 'Running' } as unknown as WorkflowRun
  expect(await client.explainMissing(run, 'sub~2~q')).toMatchObject({ code: 'request_closed' })
  for (const id of ['q', 'sub~1~q', 'sub~2~other', 'other~2~q'])
    expect(await client.explainMissing(run, id), id).toMatchObject({ code: 'not_found' })
})

test('a question whose time is over waits no more, however late its timer is', async () => {
  const start = ['old', 'new'].map((id) => requestNode(id, { response: z.boolean() }))
  const asking = new WorkflowBuilder({ name: 'Asking', start }).build()
  const ask = (node: string, expiresAt?: string) => ({ requestId: node, node, openedAt: '', expiresAt })
  const soon = new Date(Date.now() + 60_000).toISOString()
  const pending = [ask('old', new Date(Date.now() - 1).toISOString()), ask('new', soon), ask('new')]
  const status = { state: 'waiting', step: 1, events: 1, pending, nested: [] } as const
  const run = {
    workflow: asking,
    instanceId: 'r',
    runtimeStatus: 'Running',
    status,
  } as unknown as WorkflowRun
  const client = new WorkflowClient({} as DurableClient, sessions)
  expect((await client.readQuestions(run)).map(({ node }) => node)).toEqual(['new', 'new'])
})

test('what a schema makes of inputs and answers goes on as JSON, by which runs are told apart', async () => {
  const [one, two, same] = [['a'], ['b'], ['a']].map((list) => createWorkflowStart(new Set(list), {}))
  expect(one?.input).toEqual(['a'])
  expect(one?.digest).toBe(same?.digest)
  expect(one?.digest).not.toBe(two?.digest)
  const raised: unknown[] = []
  const raiseEvent = async (_id: string, _name: string, data: unknown) => void raised.push(data)
  const client = new WorkflowClient({ raiseEvent } as unknown as DurableClient, sessions)
  const response = z.string().transform((text) => new Set([text]))
  const target = { instanceId: 'r', requestId: 'q' }
  await client.answer({ spec: { response }, target } as unknown as OpenQuestion, 'yes')
  expect(raised).toEqual([{ requestId: 'q', answer: ['yes'] }])
})
