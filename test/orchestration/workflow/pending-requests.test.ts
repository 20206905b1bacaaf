import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { requestNode, workflowNode } from '../../../src/orchestration/workflow/nodes.js'
import { sequential } from '../../../src/orchestration/workflow/patterns/sequential.js'
import { readOpenQuestions } from '../../../src/orchestration/workflow/pending-requests.js'
import { WorkflowBuilder } from '../../../src/orchestration/workflow/workflow-builder.js'
import type { StoredWorkflowEvent } from '../../../src/orchestration/workflow/workflow-events.js'
import type { WorkflowRun } from '../../../src/orchestration/workflow/workflow-run.js'
import { createWorkflowStart } from '../../../src/orchestration/workflow/workflow-start.js'
import type { WorkflowStatus } from '../../../src/orchestration/workflow/workflow-status.js'
import { type Played, playWorkflow } from './play-workflow.js'

const ask = (id: string) => requestNode(id, { response: z.string(), timeoutMs: 1000, onTimeout: () => 'no' })
const inner = sequential({ name: 'Inner', steps: [ask('deep')] })

/** A task hub with the statuses of instances and the journal of the one called `run`. */
function createTaskHub(
  statuses: Readonly<Record<string, WorkflowStatus>>,
  events: readonly StoredWorkflowEvent[] = [],
): DurableClient {
  const hub = {
    async getStatus(instanceId: string) {
      const customStatus = statuses[decodeURIComponent(instanceId)]
      return { name: 'dafx-Inner', runtimeStatus: 'Running', customStatus, input: 'x' }
    },
    async readEntityState({ key }: { key: string }) {
      const [, chunk] = decodeURIComponent(key).split('~')
      return { entityState: { events: events.filter(({ id }) => Math.floor(id / 50) === Number(chunk)) } }
    },
  }
  return hub as unknown as DurableClient
}

function createRun(workflow: WorkflowRun['workflow'], status: WorkflowStatus): WorkflowRun {
  const times = { createdTime: new Date(0), lastUpdatedTime: new Date(0) }
  const start = createWorkflowStart('x', {})
  return { workflow, instanceId: 'run', start, runtimeStatus: 'Running', status, output: null, ...times }
}

function toWaiting({ statuses }: Played): WorkflowStatus {
  const waiting = statuses.find(({ state }) => state === 'waiting')
  if (waiting === undefined) throw new Error('It never waited.')
  return waiting
}

const many = Array.from({ length: 120 }, (_, index) => ask(`ask${index}`))
const panel = new WorkflowBuilder({ name: 'Panel', start: many }).build()

test('questions for which the status has no room are read from the events', async () => {
  const played = await playWorkflow(panel, 'Agreed?')
  const status = toWaiting(played)
  expect(status.truncated).toBe(true)
  const before = played.events.filter(({ id }) => id < status.events)
  const questions = await readOpenQuestions(createTaskHub({}, before), createRun(panel, status))
  expect(questions.map(({ node }) => node)).toEqual(many.map(({ id }) => id))
  expect(questions[119]).toMatchObject({ question: 'Agreed?', target: { instanceId: 'run' } })
})

test('those that were answered or have expired since are not among them', async () => {
  const played = await playWorkflow(panel, 'Agreed?')
  const hub = createTaskHub({}, played.events)
  expect(await readOpenQuestions(hub, createRun(panel, toWaiting(played)))).toEqual([])
})

test('what a nested run asks has the way to it in front', async () => {
  const outer = sequential({ name: 'Outer', steps: [workflowNode(inner, { id: 'sub' })] })
  const nested = [{ node: 'sub', ordinal: 2, instanceId: 'run::sub::2' }]
  const status = { state: 'running', step: 1, events: 2, pending: [], nested } as const
  const asked = toWaiting(await playWorkflow(inner, 'x'))
  const questions = await readOpenQuestions(createTaskHub({ 'run::sub::2': asked }), createRun(outer, status))
  expect(questions).toMatchObject([
    { requestId: 'sub~2~id0', node: 'sub/deep', target: { instanceId: 'run::sub::2', requestId: 'id0' } },
  ])
})

test('a run that has ended asks nothing, whatever its last status says', async () => {
  const run = createRun(inner, toWaiting(await playWorkflow(inner, 'Agreed?')))
  expect(await readOpenQuestions(createTaskHub({}), run)).toHaveLength(1)
  const terminated = { ...run, runtimeStatus: 'Terminated' as const }
  expect(await readOpenQuestions(createTaskHub({}), terminated)).toEqual([])
})
