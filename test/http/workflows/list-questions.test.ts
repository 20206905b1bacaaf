import { expect, test } from 'vitest'
import { z } from 'zod'
import { AgentError } from '../../../src/core/errors.js'
import type { Call } from '../../../src/http/route.js'
import { handleQuestions } from '../../../src/http/workflows/list-questions-handler.js'
import { requestNode } from '../../../src/orchestration/workflow/nodes.js'
import { sequential } from '../../../src/orchestration/workflow/patterns/sequential.js'

const workflow = sequential({ name: 'Posts', steps: [requestNode('review', { response: z.boolean() })] })

interface SceneOptions {
  readonly createdAt: readonly number[]
  readonly read?: (instanceId: string) => void
}

/** Runs `r0`, `r1` and so on, created at those times, each with a question that is named like it. */
function createScene({ createdAt, read = () => {} }: SceneOptions) {
  const told: unknown[] = []
  const workflowRuns = {
    findWaiting: async (_all: unknown, from: number) =>
      createdAt
        .map((at, index) => ({ workflow, instanceId: `r${index}`, createdAt: at }))
        .filter((run) => run.createdAt >= from),
    readAny: async (_workflow: unknown, instanceId: string) => {
      read(instanceId)
      return { workflow, instanceId, start: { owner: instanceId === 'r1' ? 'ann' : undefined } }
    },
    readQuestions: async ({ instanceId }: { instanceId: string }) => [
      { requestId: `q~${instanceId}`, node: 'review', question: 'Well?', spec: { response: z.boolean() } },
    ],
  }
  const list = async (query = '', more: object = {}) => {
    const url = new URL(`http://localhost:1/prefix/workflows/questions${query}`)
    const { mayAnswer, ...call } = { mayAnswer: undefined, ...more }
    const request = new Request(url)
    const onError = (error: unknown) => told.push(error)
    const settings = { mayAnswer }
    const answer = await handleQuestions({
      url,
      request,
      settings,
      workflows: [workflow],
      workflowRuns,
      onError,
      ...call,
    } as unknown as Call)
    const { questions, next_after } = JSON.parse(String(answer.body))
    const ids = questions.map((one: { instanceId: string }) => one.instanceId)
    return { questions, ids, next: next_after }
  }
  return { list, told }
}

test('a question has its workflow, its run and where it is answered', async () => {
  const { questions } = await createScene({ createdAt: [1] }).list()
  expect(questions).toMatchObject([
    {
      workflow: 'Posts',
      instanceId: 'r0',
      requestId: 'q~r0',
      sourceExecutor: 'review',
      requestData: 'Well?',
      responseSchema: { type: 'boolean' },
      respondUrl: 'http://localhost:1/prefix/workflows/Posts/respond/r0/q~r0',
    },
  ])
})

test('a page ends between two seconds, and the next one begins there', async () => {
  const { list } = createScene({ createdAt: [1000, 2000, 3000, 3000, 3000, 4000] })
  const as = { owner: 'ann' }
  expect(await list('', as)).toMatchObject({ ids: ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'], next: undefined })
  expect(await list('?limit=3', as)).toMatchObject({ ids: ['r0', 'r1'], next: 3000 })
  expect(await list('?limit=1&after=3000', as)).toMatchObject({ ids: ['r2', 'r3', 'r4'], next: 4000 })
  expect(await list('?limit=1&after=4000', as)).toMatchObject({ ids: ['r5'], next: undefined })
})

test('without a rule it is what waits in the own runs, and in those of nobody', async () => {
  const { list } = createScene({ createdAt: [1, 2, 3] })
  expect(await list('', { owner: 'ann' })).toMatchObject({ ids: ['r0', 'r1', 'r2'] })
  expect(await list('', { owner: 'bob' })).toMatchObject({ ids: ['r0', 'r2'] })
})

test('a rule is asked about each question, without an answer', async () => {
  const asked: unknown[] = []
  const mayAnswer = async (question: { instanceId: string }) => {
    asked.push(question)
    return question.instanceId === 'r1'
  }
  const { list } = createScene({ createdAt: [1, 2] })
  expect(await list('', { owner: 'bob', mayAnswer })).toMatchObject({ ids: ['r1'] })
  const place = { workflow: 'Posts', instanceId: 'r1', requestId: 'q~r1', node: 'review', question: 'Well?' }
  expect(asked[1]).toEqual({ ...place, owner: 'ann', caller: 'bob', answer: undefined })
})

test('a run that is gone or cannot be read hides no other, unless it is the task hub that cannot', async () => {
  const failing = (code: 'not_found' | 'internal' | 'store_unavailable', retryable: boolean) =>
    createScene({
      createdAt: [1, 1],
      read: (id) => {
        if (id === 'r0') throw new AgentError(code, 'No.', { retryable })
      },
    })
  const gone = failing('not_found', false)
  expect(await gone.list('', { owner: 'ann' })).toMatchObject({ ids: ['r1'] })
  expect(gone.told).toEqual([])
  const broken = failing('internal', false)
  expect(await broken.list('', { owner: 'ann' })).toMatchObject({ ids: ['r1'] })
  expect(broken.told).toMatchObject([{ code: 'internal' }])
  await expect(failing('store_unavailable', true).list()).rejects.toMatchObject({ code: 'store_unavailable' })
})

test.each(['?limit=0', '?limit=1001', '?after=-1', '?after=8640000000000001', '?before=1'])(
  'refuses %s',
  async (query) => {
    await expect(createScene({ createdAt: [] }).list(query)).rejects.toMatchObject({
      code: 'invalid_request',
    })
  },
)
