import type { DurableClient } from 'durable-functions'
import { describe, expect, test } from 'vitest'
import { transformNode } from '../../../src/orchestration/workflow/nodes.js'
import { WorkflowBuilder } from '../../../src/orchestration/workflow/workflow-builder.js'
import { WorkflowClient } from '../../../src/orchestration/workflow/workflow-client.js'
import { createWorkflowStart, readWorkflowStart } from '../../../src/orchestration/workflow/workflow-start.js'

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
  return { starts, client: new WorkflowClient(durable as unknown as DurableClient, {} as never) }
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
  const client = new WorkflowClient(durable as unknown as DurableClient, {} as never)
  const input = { Timestamp: 'soon' }
  await client.start({ workflow, instanceId: 'r', owner: 'ann' }, input)
  expect(JSON.stringify(starts)).not.toContain('"Timestamp"')
  expect(starts.map(readWorkflowStart)).toMatchObject([{ input, owner: 'ann' }])
})
