import type { OrchestrationContext, Task } from 'durable-functions'
import * as df from 'durable-functions'
import { expect, test } from 'vitest'
import type { HistoryRow } from '../../../../../src/host/durable/hub/instance-table.js'
import type { Decision } from '../../../../../src/host/durable/orchestrations/decision.js'
import { createRandom } from '../../../../support/storm.js'
import { completed, failed, fired, startFlow, type TestFlow } from './replay-kit.js'

type Random = () => number

/** A task to yield, and whether it came out as it had to. */
interface Step {
  readonly create: (context: OrchestrationContext) => Task
  readonly isRight: (result: unknown) => boolean
}

let ids = 0

function createStep(random: Random, depth: number): Step {
  const kind = Math.floor(random() * (depth > 0 ? 6 : 3))
  if (kind === 0) return createActivity()
  if (kind <= 2) return createRetried(Math.floor(random() * 4))
  const children = Array.from({ length: 1 + Math.floor(random() * 4) }, () => createStep(random, depth - 1))
  return kind < 5 ? createAll(children) : createAny(children)
}

function createActivity(): Step {
  const id = ++ids
  return {
    create: (context) => context.df.callActivity('a', { id, fails: 0 }),
    isRight: (result) => result === `result ${id}`,
  }
}

function createRetried(fails: number): Step {
  const id = ++ids
  const options = new df.RetryOptions(1000, 4)
  return {
    create: (context) => context.df.callActivityWithRetry('a', options, { id, fails }),
    isRight: (result) => result === `result ${id}`,
  }
}

function createAll(children: readonly Step[]): Step {
  return {
    create: (context) => context.df.Task.all(children.map(({ create }) => create(context))),
    isRight: (result) =>
      Array.isArray(result) && children.every(({ isRight }, index) => isRight(result[index])),
  }
}

/** What wins is itself a task with a result. */
function createAny(children: readonly Step[]): Step {
  return {
    create: (context) => context.df.Task.any(children.map(({ create }) => create(context))),
    isRight: (winner) => children.some(({ isRight }) => isRight((winner as { result: unknown }).result)),
  }
}

/** Yields one step after the other, and sometimes comes back to one that had lost a race. */
function createFlow(steps: readonly (Step & { readonly rival?: Step })[]): df.OrchestrationHandler {
  return function* (context) {
    for (const { create, isRight, rival } of steps) {
      const task = create(context)
      if (rival) {
        const other = rival.create(context)
        yield context.df.Task.any([task, other])
        if (!other.isCompleted && !rival.isRight(yield other)) return 'wrong rival'
      }
      context.df.signalEntity(new df.EntityId('e', 'k'), 'op')
      if (!task.isCompleted && !isRight(yield task)) return 'wrong'
    }
    return 'right'
  }
}

/** Ends a decision as the world would; each activity fails as often as its input says. */
function toEnd(decision: Decision, attempts: Map<number, number>): HistoryRow | undefined {
  if (decision.kind === 'timer') return fired(decision.number)
  if (decision.kind !== 'activity') return undefined
  const { id, fails } = JSON.parse(decision.input ?? '') as { id: number; fails: number }
  const attempt = attempts.get(id) ?? 0
  attempts.set(id, attempt + 1)
  return attempt < fails ? failed(decision.number, 'not yet') : completed(decision.number, `result ${id}`)
}

/** Ends what is open, in any order and in batches of any size, until the orchestrator is over. */
async function play(flow: TestFlow, random: Random): Promise<void> {
  const attempts = new Map<number, number>()
  const waiting: Decision[] = [...flow.open.values()]
  for (let episodes = 0; episodes < 1000 && !flow.isOver && waiting.length > 0; episodes += 1) {
    const size = 1 + Math.floor(random() * Math.min(6, waiting.length))
    const batch = Array.from({ length: size }, () => waiting.splice(Math.floor(random() * waiting.length), 1))
    const events = batch.flat().flatMap((decision) => toEnd(decision, attempts) ?? [])
    flow.now += 1000
    if (events.length > 0) waiting.push(...(await flow.handle(...events)))
  }
}

test('numbers agree with those of the client library, whatever is yielded and in whatever order it ends', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = createRandom(seed)
    const steps = Array.from({ length: 1 + Math.floor(random() * 5) }, () => ({
      ...createStep(random, 2),
      ...(random() < 0.4 && { rival: createStep(random, 1) }),
    }))
    const flow = await startFlow(createFlow(steps))
    await play(flow, random)
    expect([seed, flow.answer.failure?.message ?? flow.answer.output]).toEqual([seed, '"right"'])
  }
})
