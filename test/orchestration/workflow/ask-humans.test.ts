import { expect, test } from 'vitest'
import { z } from 'zod'
import type { RequestNotice } from '../../../src/orchestration/workflow/node-context.js'
import {
  functionNode,
  requestNode,
  transformNode,
  workflowNode,
} from '../../../src/orchestration/workflow/nodes.js'
import { WorkflowBuilder } from '../../../src/orchestration/workflow/workflow-builder.js'
import type { WorkflowStatus } from '../../../src/orchestration/workflow/workflow-status.js'
import { playWorkflow } from './play-workflow.js'

const response = z.object({ approved: z.boolean() })
const day = 24 * 3600 * 1000

function ask(id: string, options: { timeoutMs?: number; onTimeout?: () => { approved: boolean } } = {}) {
  return requestNode(id, { response, question: (draft: string) => `Publish "${draft}"?`, ...options })
}

/** Answers the questions of nodes, one at a time, in the order of their names here. */
function answerInOrder(...nodes: readonly string[]) {
  const left = [...nodes]
  return ({ pending }: WorkflowStatus) => {
    const request = pending.find(({ node }) => node === left[0])
    if (request === undefined) return undefined
    left.shift()
    return { requestId: request.requestId, answer: { approved: true } }
  }
}

test('the status shows the question until it is answered; the answer goes on with what was asked about', async () => {
  const workflow = new WorkflowBuilder({ name: 'W', start: ask('review', { timeoutMs: day }) }).build()
  const { output, statuses, events } = await playWorkflow(workflow, 'Hi', { human: answerInOrder('review') })
  expect(output).toEqual({ input: 'Hi', answer: { approved: true } })
  const request = {
    requestId: 'id0',
    node: 'review',
    question: 'Publish "Hi"?',
    openedAt: '1970-01-01T00:00:00.000Z',
    expiresAt: '1970-01-02T00:00:00.000Z',
  }
  expect(statuses.map(({ state, pending }) => [state, pending])).toEqual([
    ['waiting', [request]],
    ['completed', []],
  ])
  expect(events.map(({ type }) => type)).toEqual([
    'workflow.started',
    'request.opened',
    'request.answered',
    'workflow.completed',
  ])
})

test('questions of one step are answered in any order', async () => {
  const [budget, legal] = [ask('budget', { timeoutMs: day }), ask('legal', { timeoutMs: 2 * day })]
  const both = new WorkflowBuilder({ name: 'W', start: [budget, legal] })
    .fanIn(
      [budget, legal],
      transformNode('both', (answers: readonly unknown[]) => answers.length),
    )
    .build()
  const { output, statuses } = await playWorkflow(both, 'Hi', { human: answerInOrder('legal', 'budget') })
  expect(output).toBe(2)
  const waiting = statuses.filter(({ state }) => state === 'waiting')
  expect(waiting.map(({ pending }) => pending.map(({ node }) => node))).toEqual([
    ['budget', 'legal'],
    ['budget'],
  ])
})

test('a question that nobody answers in time fails the workflow', async () => {
  const workflow = new WorkflowBuilder({ name: 'W', start: ask('review', { timeoutMs: 1000 }) }).build()
  const { result, events, elapsedMs } = await playWorkflow(workflow, 'Hi')
  const message = 'Nobody answered request "id0" by 1970-01-01T00:00:01.000Z.'
  expect(result).toEqual({ status: 'failed', error: { node: 'review', code: 'answer_timeout', message } })
  expect(events.map(({ type }) => type)).toContain('request.expired')
  expect(elapsedMs).toBe(1000)
})

test('or goes on with the answer that was given for that case', async () => {
  const options = { timeoutMs: 1000, onTimeout: () => ({ approved: false }) }
  const late = ask('late', options)
  const workflow = new WorkflowBuilder({ name: 'W', start: [late, ask('slow', { timeoutMs: 5000 })] }).build()
  let asked = 0
  const { output, elapsedMs } = await playWorkflow(workflow, 'Hi', {
    human: (status) => {
      asked += 1
      return asked === 1 ? undefined : answerInOrder('slow')(status)
    },
  })
  expect(output).toEqual([
    { input: 'Hi', answer: { approved: false } },
    { input: 'Hi', answer: { approved: true } },
  ])
  expect(elapsedMs).toBe(1000)
})

test('answers to nothing that was asked, and events of other shapes, are passed over', async () => {
  const workflow = new WorkflowBuilder({ name: 'W', start: ask('review') }).build()
  const answers: object[] = [{ requestId: 'other', answer: 1 }, [], { answer: 2 }, { requestId: 'id0' }]
  const { output } = await playWorkflow(workflow, 'Hi', { human: () => answers.shift() })
  expect(output).toEqual({ input: 'Hi', answer: null })
})

test('a rejected draft goes back and is asked about again', async () => {
  const draft = functionNode('draft', (text: string) => `${text}!`)
  const review = ask('review')
  const again = transformNode('again', ({ input }: { input: string }) => input)
  const workflow = new WorkflowBuilder({ name: 'W', start: draft })
    .edge(draft, review)
    .edge(review, again, { when: ({ answer }) => !answer.approved })
    .edge(again, draft)
    .build()
  let asked = 0
  const { output } = await playWorkflow(workflow, 'Hi', {
    human: ({ pending }) => ({ requestId: pending[0]?.requestId, answer: { approved: ++asked === 3 } }),
  })
  expect(output).toEqual({ input: 'Hi!!!', answer: { approved: true } })
})

test('whoever is to answer is told the question once it is put, and where the answer goes', async () => {
  const told: RequestNotice<string>[] = []
  const review = requestNode('review', {
    response,
    question: (draft: string) => `Publish "${draft}"?`,
    notify: (notice) => void told.push(notice),
  })
  const workflow = new WorkflowBuilder({ name: 'W', start: review }).build()
  const { rounds, output, events } = await playWorkflow(workflow, 'Hi', { human: answerInOrder('review') })
  expect(told).toEqual([
    {
      requestId: 'id0',
      node: 'review',
      question: 'Publish "Hi"?',
      workflow: 'W',
      instanceId: 'run',
      respondPath: 'workflows/W/respond/run/id0',
    },
  ])
  expect(rounds).toEqual([['function review'], ['answer']])
  expect(output).toEqual({ input: 'Hi', answer: { approved: true } })
  expect(events.map(({ type }) => type)).toEqual([
    'workflow.started',
    'request.opened',
    'request.answered',
    'workflow.completed',
  ])
})

test('telling is tried three times, then the node fails', async () => {
  let tries = 0
  const notify = () => {
    tries += 1
    throw new Error('The mail server is down.')
  }
  const review = requestNode('review', { response, notify })
  const workflow = new WorkflowBuilder({ name: 'W', start: review }).build()
  const { result } = await playWorkflow(workflow, 'Hi')
  expect([tries, result]).toMatchObject([
    3,
    { status: 'failed', error: { node: 'review', code: 'internal' } },
  ])
})

test('one of a nested workflow is told of with the place at which it is answered', async () => {
  const told: RequestNotice<unknown>[] = []
  const deep = requestNode('deep', { response, notify: (notice) => void told.push(notice) })
  const inner = new WorkflowBuilder({ name: 'Inner', start: deep }).build()
  const outer = new WorkflowBuilder({ name: 'Outer', start: workflowNode(inner, { id: 'sub' }) }).build()
  await playWorkflow(outer, 'Hi', { human: answerInOrder('deep') })
  expect(told).toMatchObject([
    { requestId: 'sub~0~id0', node: 'sub/deep', respondPath: 'workflows/Outer/respond/run/sub~0~id0' },
  ])
})
