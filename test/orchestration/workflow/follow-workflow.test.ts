import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.js'
import type { RunEventLike } from '../../../src/orchestration/workflow/follow-sources.js'
import { followWorkflow } from '../../../src/orchestration/workflow/follow-workflow.js'
import { parseCursor, startOfStream } from '../../../src/orchestration/workflow/stream-cursor.js'
import type {
  StoredWorkflowEvent,
  WorkflowEvent,
} from '../../../src/orchestration/workflow/workflow-events.js'
import type { SessionClient } from '../../../src/session/client/session-client.js'

/** What readers find of a run: its own events by instance, its agents' by correlation id, and the instances' ends. */
interface World {
  readonly journals: Record<string, WorkflowEvent[]>
  readonly runs: Record<string, RunEventLike[]>
  readonly ends: Record<string, string>
  /** Called whenever somebody waits: changes what the others find. */
  onPause(count: number): void
}

const never = new AbortController().signal

function createServices(world: World) {
  let pauses = 0
  const clock: Clock = {
    now: () => 0,
    sleep: () =>
      new Promise((resolve) => {
        world.onPause(pauses++)
        setImmediate(resolve)
      }),
    timeout: () => never,
    after: () => () => {},
  }
  const durable = {
    async getStatus(id: string) {
      const journal = world.journals[decodeURIComponent(id)]
      if (journal === undefined) throw new Error('replied with HTTP 404 response')
      const runtimeStatus = world.ends[decodeURIComponent(id)] ?? 'Running'
      const state = runtimeStatus === 'Completed' ? 'completed' : 'running'
      return { runtimeStatus, customStatus: { events: journal.length, state }, output: 'enough' }
    },
    async readEntityState({ key }: { key: string }) {
      const [instanceId = ''] = decodeURIComponent(key).split('~')
      const events = (world.journals[instanceId] ?? []).map(
        (event, id): StoredWorkflowEvent => ({ ...event, id, at: 0 }),
      )
      return { entityState: { events } }
    },
  }
  const sessions = {
    async *follow({ run }: { run: string }, after: number) {
      const events = (world.runs[run] ?? []).filter(({ id }) => id > after)
      if (events.length > 0) yield events
    },
    readRun: async ({ run }: { run: string }) => world.runs[run] ?? [],
  }
  return {
    clock,
    durable: durable as unknown as DurableClient,
    sessions: sessions as unknown as SessionClient,
  }
}

async function follow(world: Partial<World>, after = startOfStream): Promise<readonly string[]> {
  const services = createServices({ journals: {}, runs: {}, ends: {}, onPause: () => {}, ...world })
  const lines: string[] = []
  for await (const batch of followWorkflow(services, 'run', after, never)) {
    for (const { id, type, data } of batch) {
      const { node = '' } = data as { node?: string }
      lines.push(`${id} ${type} ${node}`.trim())
    }
  }
  return lines
}

const started: WorkflowEvent = { type: 'workflow.started', data: { workflow: 'W', instanceId: 'run' } }
const completed: WorkflowEvent = { type: 'workflow.completed', data: { output: 1 } }

function begin(node: string, execution: number, more: object): WorkflowEvent {
  return { type: 'node.started', data: { node, execution, kind: 'agent', attempt: 1, ...more } }
}

function end(node: string, execution: number): WorkflowEvent {
  return { type: 'node.completed', data: { node, execution, output: 1 } }
}

function runOf(correlationId: string) {
  return { run: { agent: 'A', sessionId: 's', correlationId } }
}

const agentRun: RunEventLike[] = ['run.accepted', 'message.delta', 'run.completed'].map((type, id) => ({
  id,
  type,
  data: {},
}))

const agents = {
  journals: {
    run: [started, begin('a', 0, runOf('x')), begin('b', 1, runOf('y')), end('a', 0), end('b', 1), completed],
  },
  runs: { x: agentRun, y: agentRun },
}

test("what a node's agent tells comes before the end of the node, though all of it is there at once", async () => {
  const lines = await follow(agents)
  const of = (node: string) =>
    lines.filter((line) => line.endsWith(` ${node}`)).map((line) => line.split(' ')[1])
  const whole = ['node.started', 'run.accepted', 'message.delta', 'run.completed', 'node.completed']
  expect([of('a'), of('b')]).toEqual([whole, whole])
  expect(lines.at(-1)).toBe('5 workflow.completed')
})

test('after any event the rest follows, and nothing twice', async () => {
  const all = await follow(agents)
  for (const [index, line] of all.entries()) {
    const rest = await follow(agents, parseCursor('after', line.split(' ')[0] ?? ''))
    const toStory = (lines: readonly string[]) => lines.map((one) => one.replace(/^\S+ /, '')).sort()
    expect(toStory(rest)).toEqual(toStory(all.slice(index + 1)))
  }
})

const failed: WorkflowEvent = {
  type: 'node.failed',
  data: {
    node: 'a',
    execution: 0,
    attempt: 1,
    error: { node: 'a', code: 'internal', message: '' },
    retryAt: '',
  },
}

test('what an agent tells is told once, also when its run is asked for again', async () => {
  const [first, second] = [1, 2].map((attempt) => begin('a', 0, { ...runOf('x'), attempt })) as [
    WorkflowEvent,
    WorkflowEvent,
  ]
  const world = {
    journals: { run: [started, first, failed, second, end('a', 0), completed] },
    runs: { x: agentRun },
  }
  const all = await follow(world)
  const told = all.map((line) => line.split(' ')[1])
  const run = agentRun.map(({ type }) => type)
  expect(told).toEqual([
    ...['workflow.started', 'node.started', ...run, 'node.failed'],
    ...['node.started', 'node.completed', 'workflow.completed'],
  ])
  const lastOfRun = parseCursor('after', all[4]?.split(' ')[0] ?? '')
  expect(await follow(world, lastOfRun)).toEqual(all.slice(5))
})

test('a run that was never begun before it was asked for again is told then', async () => {
  const again = begin('a', 0, { ...runOf('x'), attempt: 2 })
  const journal = [started, begin('a', 0, runOf('x')), failed]
  const runs: World['runs'] = {}
  const lines = await follow({
    journals: { run: journal },
    runs,
    onPause(count) {
      if (count !== 20) return
      runs.x = agentRun
      journal.push(again, end('a', 0), completed)
    },
  })
  const told = lines.slice(2).map((line) => line.split(' ')[1])
  const run = agentRun.map(({ type }) => type)
  expect(told).toEqual(['node.failed', 'node.started', ...run, 'node.completed', 'workflow.completed'])
})

const nested = { nested: { instanceId: 'run::sub::0', ordinal: 0 } }

test('a nested run, and the run of an agent in it, may begin long after its node did', async () => {
  const journals: World['journals'] = { run: [started, begin('sub', 0, nested)] }
  const runs: World['runs'] = {}
  const lines = await follow({
    journals,
    runs,
    onPause(count) {
      if (count === 40) journals['run::sub::0'] = [started, begin('a', 0, runOf('x'))]
      if (count === 80) runs.x = agentRun
      if (count === 90) journals['run::sub::0']?.push(end('a', 0), completed)
      if (count === 100) journals.run?.push(end('sub', 0), completed)
    },
  })
  expect(lines).toEqual([
    '0 workflow.started',
    '1,1:-1 node.started sub',
    '1,1:1,1.1:-1 node.started sub/a',
    '1,1:1,1.1:0 run.accepted sub/a',
    '1,1:1,1.1:1 message.delta sub/a',
    '1,1:1,1.1:2 run.completed sub/a',
    '1,1:2 node.completed sub/a',
    '2 node.completed sub',
    '3 workflow.completed',
  ])
})

test('a node that ends without its run having begun holds nothing up', async () => {
  const journals = {
    run: [started, begin('a', 0, runOf('x')), begin('sub', 1, nested), end('a', 0), end('sub', 1), completed],
  }
  expect((await follow({ journals })).at(-1)).toBe('5 workflow.completed')
})

test.each([
  ['Terminated', 'workflow.terminated'],
  ['Failed', 'workflow.failed'],
])('an instance that ended as %s without a word ends the stream with %s', async (status, type) => {
  const lines = await follow({ journals: { run: [started] }, ends: { run: status } })
  expect(lines).toEqual(['0 workflow.started', expect.stringContaining(`1 ${type}`)])
})

test('a reader who has it all gets nothing more', async () => {
  expect(await follow(agents, parseCursor('after', '5'))).toEqual([])
})

test('a cursor behind the end of a run that told of its end gets nothing, and not another end', async () => {
  const ended = { journals: { run: [started, completed] }, ends: { run: 'Completed' } }
  expect(await follow(ended, parseCursor('after', '99'))).toEqual([])
})
