import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  agentNode,
  functionNode,
  requestNode,
  transformNode,
  workflowNode,
} from '../../../src/orchestration/workflow/nodes.js'
import { sequential } from '../../../src/orchestration/workflow/patterns/sequential.js'
import { createWorkflowOrchestrator } from '../../../src/orchestration/workflow/workflow-orchestrator.js'
import { createWorkflowStart } from '../../../src/orchestration/workflow/workflow-start.js'
import { sealInput } from '../../../src/session/sealed-input.js'
import { dispatch, failed, type HistoryEvent, raised } from '../replay.js'

const double = functionNode('double', (count: number) => count * 2)
const writer = { name: 'Writer' }
const start = createWorkflowStart('Hi', { owner: 'ann' })

function activityDone(task: number, output: unknown): HistoryEvent {
  return { EventType: 5, TaskScheduledId: task, Result: JSON.stringify({ ok: true, output }) }
}

function agentDone(task: number, result: object): HistoryEvent {
  return { EventType: 8, TaskScheduledId: task, Result: JSON.stringify(result) }
}

const signal = { actionType: 9, operation: 'append', instanceId: '@dafx-_workflow-journal@instance~0' }

test('an agent node is a run of its own session, of the owner, that settles; its answer is the output', async () => {
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [writer] }))
  const first = await dispatch(workflow, start)
  expect(first.actions).toMatchObject([
    signal,
    {
      compoundActions: [
        {
          functionName: 'dafx-agent-run',
          input: {
            agent: 'Writer',
            session: 'instance~Writer',
            settle: true,
            request: { message: 'Hi', owner: 'ann' },
          },
        },
      ],
    },
  ])
  const replayed = await dispatch(workflow, start, [agentDone(1, { text: 'Hello' })])
  expect(replayed).toMatchObject({ isDone: true, output: 'Hello' })
  expect(replayed.actions.slice(0, 2)).toEqual(first.actions)
})

test("an agent's failure fails the orchestration, with the node and the code", async () => {
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [writer] }))
  const error = { code: 'model_error', message: 'It is down.', retryable: true }
  expect(await dispatch(workflow, start, [agentDone(1, { error })])).toMatchObject({
    isDone: false,
    error: 'Node "Writer" of workflow "W" failed: It is down. [agent error: model_error]',
  })
})

describe('an agent run that failed as such, as when the process died that it ran in', () => {
  const lost = failed(1, 'dafx-agent-run', 'node exited with code 137')
  // The journal is told of the failure, so that the timer is the third thing asked for.
  const later = { EventType: 10, EventId: 3, FireAt: '2026-01-01T00:00:05.0000000Z' }
  const fired = { EventType: 11, TimerId: 3, FireAt: later.FireAt, Timestamp: later.FireAt }
  const findRuns = (actions: readonly object[]): readonly unknown[] =>
    [...JSON.stringify(actions).matchAll(/"correlationId":"([^"]+)"/g)].map(([, id]) => id)

  test('is asked for again under its own id: what it recorded counts', async () => {
    const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [writer] }))
    const { actions } = await dispatch(workflow, start, [lost, later, fired])
    const runs = findRuns(actions.filter((action) => 'compoundActions' in action))
    expect(runs).toHaveLength(2)
    expect(new Set(runs).size).toBe(1)
  })

  test('fails its node when the node says that nothing is tried again', async () => {
    const once = agentNode(writer, { retry: { maxAttempts: 1 } })
    const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [once] }))
    expect((await dispatch(workflow, start, [lost])).error).toContain('Node "Writer" of workflow "W" failed')
  })
})

test('a nested run gives its failure as a result', async () => {
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [writer] }))
  const nested = createWorkflowStart('Hi', {
    place: { workflow: 'Outer', instanceId: 'o', path: 'sub/', requestPrefix: 'sub~0~' },
  })
  for (const [code, retryable] of [
    ['invalid_request', false],
    ['model_error', false],
    ['model_error', true],
  ] as const) {
    const error = { code, message: 'No.', retryable }
    expect(await dispatch(workflow, nested, [agentDone(1, { error })])).toMatchObject({
      isDone: true,
      output: { ok: false, error: { node: 'Writer', ...error } },
    })
  }
})

test('who starts the orchestration by the durable client may give the input alone', async () => {
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [double] }))
  expect(await dispatch(workflow, 4, [activityDone(1, 8)])).toMatchObject({ isDone: true, output: 8 })
})

describe.each<object>([
  { Timestamp: 'soon' },
  { readings: [{ Timestamp: '2026-01-01T08:00:00+01:00' }] },
  { hasOwnProperty: 'taken' },
])('an input that durable-functions would change, %j,', (input) => {
  const show = functionNode('show', (given: unknown) => given)
  const begun = sealInput(createWorkflowStart(input, {}))
  const findCall = (actions: readonly object[], name: string) =>
    actions
      .flatMap((one) =>
        'compoundActions' in one ? (one.compoundActions as { functionName: string; input: unknown }[]) : [],
      )
      .find(({ functionName }) => functionName === name)?.input

  test('comes to the nodes as it was given', async () => {
    const { actions } = await dispatch(
      createWorkflowOrchestrator(sequential({ name: 'W', steps: [show] })),
      begun,
    )
    expect(findCall(actions, 'dafx-W-show')).toMatchObject({ input, workflowInput: input })
  })

  test('comes to a nested workflow', async () => {
    const inner = sequential({ name: 'Inner', steps: [show] })
    const outer = createWorkflowOrchestrator(sequential({ name: 'W', steps: [workflowNode(inner)] }))
    const nested = findCall((await dispatch(outer, begun)).actions, 'dafx-Inner')
    const { actions } = await dispatch(createWorkflowOrchestrator(inner), nested)
    expect(findCall(actions, 'dafx-Inner-show')).toMatchObject({ input })
  })

  test('comes to the next generation', async () => {
    const steps = Array.from({ length: 26 }, (_, index) =>
      transformNode(`step${index}`, (given: unknown) => given),
    )
    const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [...steps, show] as never }))
    const next = (await dispatch(workflow, begun)).actions.find(({ actionType }) => actionType === 4)
    expect(findCall((await dispatch(workflow, next?.input)).actions, 'dafx-W-show')).toMatchObject({ input })
  })
})

test('a question waits for one event, raced with a timer that an answer cancels', async () => {
  const ask = requestNode('ask', { response: z.boolean(), timeoutMs: 60_000 })
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [ask] }))
  const { actions } = await dispatch(workflow, start)
  const race = {
    compoundActions: [{ externalEventName: 'dafx-answer' }, { fireAt: '2026-01-01T00:01:00.000Z' }],
  }
  expect(actions).toMatchObject([signal, race])
  const [, requestId] = /"requestId":"([^"]+)"/.exec(JSON.stringify(actions)) ?? []
  const other = raised('dafx-answer', { requestId: 'other', answer: true })
  const answer = raised('dafx-answer', { requestId, answer: true })
  const answered = await dispatch(workflow, start, [answer])
  expect(answered).toMatchObject({ isDone: true, output: { input: 'Hi', answer: true } })
  expect(answered.actions[1]).toMatchObject({ compoundActions: [{}, { isCanceled: true }] })
  expect(await dispatch(workflow, start, [other])).toMatchObject({ isDone: false })
  expect(await dispatch(workflow, start, [other, answer, answer])).toMatchObject({ isDone: true })
  const late = await dispatch(workflow, start, [
    { EventType: 11, TimerId: 1, FireAt: '2026-01-01T00:01:00Z' },
  ])
  expect(late.error).toMatch(
    /^Node "ask" of workflow "W" failed: Nobody answered .*\[agent error: answer_timeout\]$/,
  )
})

test('a time limit may be longer than the timers of the platform', async () => {
  const days = 24 * 3600 * 1000
  const ask = requestNode('ask', { response: z.boolean(), timeoutMs: 30 * days })
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [ask] }))
  const { actions } = await dispatch(workflow, start)
  const [, requestId] = /"requestId":"([^"]+)"/.exec(JSON.stringify(actions)) ?? []
  const answer = raised('dafx-answer', { requestId, answer: true })
  expect(await dispatch(workflow, start, [answer])).toMatchObject({ isDone: true, output: { answer: true } })
})

test('an activity that fails as such, by a time-out of the platform, fails its node and not its text', async () => {
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', steps: [double] }))
  const failure = { EventType: 6, TaskScheduledId: 1, Reason: 'secret', Details: 'stack' }
  const { error } = await dispatch(workflow, 4, [failure])
  expect(error).toContain('Node "double" of workflow "W" failed: It failed with an unexpected error')
  expect(error).not.toContain('secret')
})

test('an input that came alone is what its schema makes of it, and one that does not fit fails the run', async () => {
  const input = z.object({ count: z.number().default(1) }).transform(({ count }) => count)
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', input, steps: [double] }))
  const { actions } = await dispatch(workflow, {})
  expect(JSON.stringify(actions)).toContain('"input":1')
  expect(await dispatch(workflow, { count: 'many' })).toMatchObject({
    actions: [],
    error: expect.stringMatching(
      /does not fit the workflow "W": count: .*expected number.*\[agent error: invalid_request\]/,
    ),
  })
})

test('what does not fit is told by its path, also of schemas that give paths as objects', async () => {
  const path = [{ key: 'counts' }, 0]
  const validate = () => ({ issues: [{ message: 'too few', path }, { message: 'odd' }] })
  const schema = z.unknown()
  const input = { '~standard': { ...schema['~standard'], vendor: 'other', validate } }
  const workflow = createWorkflowOrchestrator(sequential({ name: 'W', input, steps: [double] }))
  expect((await dispatch(workflow, {})).error).toContain('"W": counts.0: too few; input: odd.')
})
