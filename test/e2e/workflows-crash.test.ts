import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { AgentsClient } from '../../src/client/index.js'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { type RunningApp, TestBed } from '../support/start-app.js'
import { WorkflowApi } from '../support/workflow-api.js'

const bed = new TestBed()
afterAll(() => bed.end())

/** An app that can be killed and started again on the same data, with a model server that outlives it. */
interface Scene {
  readonly model: ChatCompletionsServer
  app: RunningApp
  api(workflow: string): WorkflowApi
  /** The functions that were executed to their end, with their idempotency keys. */
  effects(): Promise<readonly { readonly id: string; readonly idempotencyKey: string }[]>
  /** `kill -9`, then a start with the same arguments. */
  crash(): Promise<void>
}

async function setScene(
  options: { stepMs?: number; reviewMs?: number; latencyMs?: number } = {},
): Promise<Scene> {
  const { stepMs = 0, reviewMs = 600_000, latencyMs = 0 } = options
  const script = ({ messages }: { messages: readonly { content?: unknown }[] }) => ({
    text: `<${messages.at(-1)?.content}>`,
  })
  const model = await bed.startModel({ script, latencyMs })
  const dataDir = await bed.createFolder()
  const file = join(dataDir, 'effects.log')
  const env = { E2E_STEP_MS: String(stepMs), E2E_REVIEW_MS: String(reviewMs), E2E_EFFECTS: file }
  const start = () => bed.startApp({ entry: 'test/fixtures/apps/e2e-workflows/app.js', model, dataDir, env })
  const scene: Scene = {
    model,
    app: await start(),
    api: (workflow) => new WorkflowApi(scene.app.url, workflow),
    async effects() {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    },
    async crash() {
      await scene.app.stop('SIGKILL')
      scene.app = await start()
    },
  }
  return scene
}

test('a workflow goes on after kill -9 where it was: no recorded model call and no recorded function is repeated', async () => {
  const scene = await setScene({ stepMs: 700 })
  await scene.api('Pipeline').run('poem', '?runId=p')
  await vi.waitFor(async () => expect(await scene.effects()).toHaveLength(1), 8000)
  await vi.waitFor(() => expect(scene.model.stats().requests).toBe(2), 8000)
  await vi.waitFor(async () => {
    const { body } = await scene.api('Pipeline').status('p')
    expect(body.customStatus?.step).toBe(4)
  }, 8000)
  await scene.crash()
  const { output } = await scene.api('Pipeline').waitForEnd('p')
  expect(output).toBe('<<poem> [one]> [two]')
  expect(scene.model.stats().requests).toBe(2)
  const effects = await scene.effects()
  expect(effects.filter(({ id }) => id === 'one')).toHaveLength(1)
  expect(new Set(effects.map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set(['p/1', 'p/3']))
  const events = await (await scene.api('Pipeline').events('p')).end()
  const ends = events.filter(({ type }) => type === 'node.completed' || type === 'workflow.completed')
  expect(ends.map(({ data }) => (data as { node?: string }).node)).toEqual([
    'Writer',
    'one',
    'Editor',
    'two',
    undefined,
  ])
})

test('many workflows end right whenever the host is killed', async () => {
  const scene = await setScene({ stepMs: 40, latencyMs: 60 })
  const ids = Array.from({ length: 12 }, (_, index) => `m${index}`)
  await Promise.all(ids.map((id) => scene.api('Pipeline').run(`poem ${id}`, `?runId=${id}`)))
  for (let kill = 0; kill < 3; kill += 1) {
    const before = scene.model.stats().requests
    await vi.waitFor(() => expect(scene.model.stats().requests).toBeGreaterThan(before + 2), 8000)
    await scene.crash()
  }
  const ends = await Promise.all(ids.map((id) => scene.api('Pipeline').waitForEnd(id)))
  expect(ends.map(({ output }) => output)).toEqual(ids.map((id) => `<<poem ${id}> [one]> [two]`))
  const streams = await Promise.all(ids.map(async (id) => (await scene.api('Pipeline').events(id)).end()))
  for (const events of streams) {
    expect(events.filter(({ type }) => type === 'step.completed')).toHaveLength(2)
    expect(events.filter(({ type }) => type === 'node.completed')).toHaveLength(4)
  }
}, 60_000)

test('a reader goes on after a kill of the host, and gets each event once', async () => {
  const scene = await setScene({ stepMs: 600 })
  await scene.api('Pipeline').run('poem', '?runId=s')
  const first = await scene.api('Pipeline').events('s')
  const started = await first.waitFor(
    ({ type, data }) => type === 'node.started' && (data as { node: string }).node === 'one',
  )
  const seen = first.events.slice(0, first.events.indexOf(started) + 1)
  await scene.crash()
  const rest = await (await scene.api('Pipeline').events('s', started.lastEventId)).end()
  const whole = await (await scene.api('Pipeline').events('s')).end()
  const toLines = (items: readonly { type: string; data: unknown }[]) =>
    items.map(({ type, data }) => JSON.stringify([type, data]))
  expect([...toLines(seen), ...toLines(rest)]).toEqual(toLines(whole))
})

test('questions outlive a restart, those of nested workflows too, and are answered by their ids', async () => {
  const scene = await setScene()
  await scene.api('Review').run('Hi', '?runId=r')
  await scene.api('Nested').run('poem', '?runId=n')
  const [own] = await scene.api('Review').waitForQuestions('r')
  const [inner] = await scene.api('Nested').waitForQuestions('n')
  const [, told] = await scene.app.waitForOutput(/notice: (workflows\/Nested\S+)/)
  expect(inner?.respondUrl).toMatch(new RegExp(`/api/${told}$`))
  await scene.crash()
  expect(await scene.api('Review').waitForQuestions('r')).toMatchObject([{ requestId: own?.requestId }])
  const { questions } = await new AgentsClient({ url: `${scene.app.url}/api` }).listQuestions()
  const listed = questions.map(({ workflow, instanceId, ...question }) => [workflow, instanceId, question])
  expect(listed).toHaveLength(2)
  expect(listed).toContainEqual(['Review', 'r', (await scene.api('Review').waitForQuestions('r'))[0]])
  expect(listed).toContainEqual(['Nested', 'n', (await scene.api('Nested').waitForQuestions('n'))[0]])
  expect(inner).toMatchObject({ sourceExecutor: 'review_sub/review', requestData: '<poem>' })
  expect(inner?.requestId).toMatch(/^review_sub~0~[0-9a-f-]{36}$/)
  expect(inner?.respondUrl).toMatch(/\/api\/workflows\/Nested\/respond\/n\/review_sub~0~/)
  await scene.api('Review').respond('r', own?.requestId ?? '', { approved: true })
  const path = new URL(inner?.respondUrl ?? '').pathname
  const answered = await fetch(`${scene.app.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ approved: false, note: 'no' }),
  })
  expect(answered.status).toBe(200)
  expect((await scene.api('Review').waitForEnd('r')).output).toMatchObject({ approved: true })
  expect((await scene.api('Nested').waitForEnd('n')).output).toEqual({
    text: '<poem>',
    approved: false,
    note: 'no',
  })
  expect(scene.model.stats().requests).toBe(1)
})

test('questions that are answered at the same time all count', async () => {
  const scene = await setScene()
  await scene.api('Panel').run('Hi', '?runId=p')
  const questions = await scene.api('Panel').waitForQuestions('p', 2)
  const answers = questions.map(({ requestId, sourceExecutor }) =>
    scene.api('Panel').respond('p', requestId, { approved: true, note: sourceExecutor }),
  )
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
  expect((await scene.api('Panel').waitForEnd('p')).output).toEqual(['budget', 'legal'])
})

test('a question that nobody answers in time fails the run, also when the host was down at that moment', async () => {
  const scene = await setScene({ reviewMs: 1500 })
  await scene.api('Review').run('Hi', '?runId=t')
  const [question] = await scene.api('Review').waitForQuestions('t')
  expect(question?.expiresAt).not.toBe(null)
  await scene.crash()
  const end = await scene.api('Review').waitForEnd('t')
  expect(end).toMatchObject({
    runtimeStatus: 'Failed',
    error: {
      node: 'review',
      code: 'answer_timeout',
      message: expect.stringContaining(question?.expiresAt ?? '?'),
    },
    pendingHumanInputRequests: [],
  })
  expect((await scene.api('Review').respond('t', question?.requestId ?? '', { approved: true })).status).toBe(
    409,
  )
})

test('a long run goes on in new generations of its orchestration, through a question and a kill, and loses nothing', async () => {
  const scene = await setScene()
  await scene.api('Long').run(0, '?runId=l')
  const [question] = await scene.api('Long').waitForQuestions('l')
  await scene.crash()
  await scene.api('Long').respond('l', question?.requestId ?? '', { approved: true })
  const { output, customStatus } = await scene.api('Long').waitForEnd('l')
  expect(output).toBe((79 * 80) / 2)
  expect(customStatus).toMatchObject({ state: 'completed', step: 83 })
  const events = await (await scene.api('Long').events('l')).end()
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index))
  expect(events).toHaveLength(customStatus?.events ?? 0)
  expect(events.filter(({ type }) => type === 'node.completed')).toHaveLength(80)
})
