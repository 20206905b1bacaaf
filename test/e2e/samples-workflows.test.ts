import { afterAll, expect, test } from 'vitest'
import { type RunningApp, type StartAppOptions, TestBed } from '../support/start-app.js'
import { WorkflowApi } from '../support/workflow-api.js'

const bed = new TestBed()
afterAll(() => bed.end())

// All run as their README says: on the offline demo model.

function start(sample: string, options: StartAppOptions = {}): Promise<RunningApp> {
  return bed.startApp({ entry: `samples/${sample}`, ...options })
}

test('20 sequential: the order is cancelled once and the letter sent, however often it is asked for', async () => {
  const app = await start('20-sequential-workflow')
  const api = new WorkflowApi(app.url, 'CancelOrder')
  const request = { order: 7, reason: 'It came too late.' }
  const { status, body } = await api.runToEnd(request, 'cancel-7')
  expect([status, body.runtimeStatus]).toEqual([200, 'Completed'])
  expect(body.output).toMatch(/^Letter sent: .*order 7.*reference cancel-7\/1/s)
  expect((await api.runToEnd(request, 'cancel-7')).body.output).toBe(body.output)
  expect(app.output().match(/^Sent: /gm)).toHaveLength(1)
  const unfit = await api.run({ order: 7 })
  expect([unfit.status, unfit.body.issues?.[0]?.path]).toEqual([400, 'reason'])
})

test('21 parallel: both experts and a function answer, and their answers become one', async () => {
  const { url } = await start('21-parallel-workflow')
  const { body } = await new WorkflowApi(url, 'ExpertReview').runToEnd('What is temperature?', 'x')
  expect(body.output).toEqual({
    physics: expect.stringContaining('What is temperature?'),
    chemistry: expect.stringContaining('What is temperature?'),
    words: 3,
  })
  const events = await (await new WorkflowApi(url, 'ExpertReview').events('x')).end()
  const speakers = events.filter(({ type }) => type === 'message.delta')
  expect(new Set(speakers.map(({ data }) => (data as { node: string }).node))).toEqual(
    new Set(['Physicist', 'Chemist']),
  )
})

test('22 shared state: the mail is sorted, and answered from the state', async () => {
  const { url } = await start('22-shared-state-workflow')
  const mail = { from: 'ann@example.com', text: 'Shall we meet on Friday?' }
  const { body } = await new WorkflowApi(url, 'Mailbox', { spelling: 'workflow' }).runToEnd(mail)
  expect(body.output).toMatch(/^Email sent: .*ann@example\.com.*Friday/s)
})

test('22 shared state: spam goes the other way', async () => {
  const model = await bed.startModel({
    script: () => ({ text: '{"isSpam":true,"reason":"It sells watches."}' }),
  })
  const { url } = await start('22-shared-state-workflow', { model })
  const { body } = await new WorkflowApi(url, 'Mailbox').runToEnd({ from: 'x', text: 'Watches!' })
  expect(body.output).toBe('Email marked as spam: It sells watches.')
})

test('23 human in the loop: a rejected post comes back changed, over a restart, until it is approved', async () => {
  const dataDir = await bed.createFolder()
  const first = await start('23-human-in-the-loop-workflow', { dataDir })
  await new WorkflowApi(first.url, 'Posts').run('tides', '?runId=tides')
  const [asked] = await new WorkflowApi(first.url, 'Posts').waitForQuestions('tides')
  expect(asked).toMatchObject({
    sourceExecutor: 'review',
    requestData: { text: expect.stringContaining('tides') },
  })
  const [, path] = await first.waitForOutput(/To be reviewed, answer at (\S+)/)
  expect(asked?.respondUrl).toBe(`${new URL(asked?.respondUrl ?? '').origin}${path}`)
  await first.stop()

  const second = await start('23-human-in-the-loop-workflow', { dataDir })
  const api = new WorkflowApi(second.url, 'Posts')
  expect((await api.respond('tides', asked?.requestId ?? '', { feedback: 'Shorter.' })).status).toBe(400)
  const rejection = { approved: false, feedback: 'Make it shorter.' }
  expect((await api.respond('tides', asked?.requestId ?? '', rejection)).status).toBe(200)
  const events = await api.events('tides')
  const again = await events.waitFor(
    ({ type, data }) =>
      type === 'request.opened' && (data as { requestId: string }).requestId !== asked?.requestId,
  )
  const { requestId, question } = again.data as { requestId: string; question: { text: string } }
  expect(question.text).toContain('Make it shorter.')
  expect((await api.status('tides')).body.runtimeStatus).toBe('Running')
  await api.respond('tides', requestId, { approved: true })
  expect((await api.waitForEnd('tides')).output).toEqual({ content: question.text, published: true })
})

test('23 human in the loop: nobody answers in time', async () => {
  const { url } = await start('23-human-in-the-loop-workflow', { env: { REVIEW_TIMEOUT_MS: '300' } })
  const { body } = await new WorkflowApi(url, 'Posts').runToEnd('tides')
  expect(body).toMatchObject({ runtimeStatus: 'Failed', error: { node: 'review', code: 'answer_timeout' } })
})

test.each([
  [true, 'APPROVED: 120 for Ann'],
  [false, 'REJECTED: 120 for Ann'],
])('24 nested: answered with %s at the outer workflow, it ends with "%s"', async (approved, output) => {
  const { url } = await start('24-nested-workflow')
  const api = new WorkflowApi(url, 'Expenses', { spelling: 'workflow' })
  await api.run({ who: 'Ann', amount: 120 }, '?runId=lamp')
  const [question] = await api.waitForQuestions('lamp')
  expect(question?.requestId).toMatch(/^review_sub~0~/)
  expect(question?.requestData).toBe('May Ann spend 120?')
  await api.respond('lamp', question?.requestId ?? '', { approved })
  expect((await api.waitForEnd('lamp')).output).toBe(output)
})

test('recipe 13: a workflow resumes from its checkpoints, under the same key, without asking the planner again', async () => {
  const dataDir = await bed.createFolder()
  const model = await bed.startModel({
    script: ({ messages }) => ({ text: `<${messages.at(-1)?.content}>` }),
  })
  const options = { dataDir, model, env: { COLLECT_MS: '1000' } }
  const first = await start('recipes/13-checkpointed-workflow.ts', options)
  await new WorkflowApi(first.url, 'Research').run('tides', '?runId=r')
  const [, key] = await first.waitForOutput(/Collecting, key (\S+), attempt 1/)
  await first.stop('SIGKILL')
  expect(model.stats().requests).toBe(1)

  const second = await start('recipes/13-checkpointed-workflow.ts', options)
  expect((await second.waitForOutput(/Collecting, key (\S+), attempt 1/))[1]).toBe(key)
  const { output } = await new WorkflowApi(second.url, 'Research').waitForEnd('r')
  expect(output).toBe('<<tides>\nFound: 3 sources.>')
  expect(model.stats().requests).toBe(2)
})

test('recipe 8 as a workflow: the question goes to the specialist that the classifier names', async () => {
  const { url } = await start('recipes/08-router-workflow.ts')
  const question = 'My invoice for April is wrong.'
  const { body } = await new WorkflowApi(url, 'Support').runToEnd(question, 'q')
  expect(body.output).toContain(question)
  const events = await (await new WorkflowApi(url, 'Support').events('q')).end()
  const started = events.filter(({ type }) => type === 'node.started')
  expect(started.map(({ data }) => (data as { node: string }).node)).toEqual(['Triage', 'Billing'])
})
