import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { Clock } from '../../src/core/clock.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunEventType, StoredEvent } from '../../src/run/events.js'
import type { RunLog } from '../../src/run/run-log.js'
import { createAgentEntity } from '../../src/session/entity/agent-entity.js'
import {
  type AgentFactory,
  type CrashOptions,
  conversation,
  crashEverywhere,
  type EntityFactory,
  type Scenario,
  ScriptedModel,
} from '../../src/testing/index.js'

const steps = [
  { calls: [{ name: 'refund', arguments: { order: 7 } }] },
  { text: 'Refunded.' },
  { text: 'You are welcome.' },
]

const createRefunds: AgentFactory = () => {
  const refund = tool({
    name: 'refund',
    description: 'Refunds an order.',
    parameters: z.object({ order: z.number() }),
    execute: ({ order }) => `refunded ${order}`,
  })
  return new Agent({ name: 'Refunds', client: new ScriptedModel(conversation(steps)), tools: [refund] })
}

const refunds: Scenario = {
  agent: createRefunds,
  async play(session) {
    await session.send('Refund order 7')
    await session.send('Thanks')
  },
}

function crash(options: CrashOptions, scenario = refunds) {
  return crashEverywhere(scenario, { pairs: 0, shuffles: 5, ...options })
}

/** A run log in which something is changed. */
function spoil(change: (log: RunLog) => Partial<RunLog>): (clock: Clock) => RunLog {
  return (clock) => {
    const log = new MemoryRunLog({ clock })
    const changed = change(log)
    return new Proxy(log, {
      get: (target, name) => {
        const value = Reflect.get(changed, name) ?? Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

/** An entity whose view of the run log is changed. */
function blind(change: (log: RunLog) => Partial<RunLog>): EntityFactory {
  return (options) => createAgentEntity({ ...options, log: { ...options.log, ...change(options.log) } })
}

/** An entity that takes events of one kind for something that means nothing. */
function forget(type: RunEventType): EntityFactory {
  const toNothing = (event: StoredEvent): StoredEvent =>
    event.type === type
      ? { id: event.id, at: event.at, type: 'reasoning.delta', data: { step: 0, text: '' } }
      : event
  return blind((log) => ({ read: async (key, after) => (await log.read(key, after)).map(toNothing) }))
}

test('what is sound passes, and is tried at every boundary', async () => {
  const report = await crash({ pairs: 5 })
  expect(report.crashPoints).toBeGreaterThan(30)
  expect(report.runs).toBeGreaterThan(4 * report.crashPoints)
})

describe('it notices', () => {
  test('a log that acknowledges without writing', async () => {
    let writes = 0
    const log = spoil((sound) => ({
      append: async (key, expected, events) => {
        writes += 1
        return writes % 7 === 0 ? expected + events.length : sound.append(key, expected, events)
      },
    }))
    await expect(crash({ log })).rejects.toThrow(/With /)
  })

  test('a log that forgets that it created a run', async () => {
    const log = spoil((sound) => ({
      create: async (key, request) => {
        const creation = await sound.create(key, request)
        await sound.deleteSession(key, Number.MAX_SAFE_INTEGER)
        return creation
      },
    }))
    await expect(crash({ log })).rejects.toThrow(/Nothing happens any more/)
  })

  test('a log without a fence', async () => {
    const log = spoil((sound) => ({
      append: async (key, _expected, events) => sound.append(key, (await sound.read(key)).length, events),
    }))
    await expect(crash({ log })).rejects.toThrow(/its epochs are 1, 1/)
  })

  test('recorded steps that are repeated', async () => {
    await expect(crash({ entity: forget('step.completed') })).rejects.toThrow(/With /)
  })

  test('results of tools that are forgotten', async () => {
    await expect(crash({ entity: forget('tool.completed') })).rejects.toThrow(/With /)
  })

  test('a tool that is begun again without being asked about', async () => {
    await expect(crash({ entity: forget('tool.started') })).rejects.toThrow(
      /call_0_0 of refund was executed 2 times/,
    )
  })

  test('the same again with the seed that it names', async () => {
    const tried = crash({ entity: forget('tool.started'), seed: 7 })
    await expect(tried).rejects.toThrow(/^With .* \(seed 7\):\n.*call_0_0 of refund was executed 2 times/)
  })

  test('a stream with a gap', async () => {
    const log = spoil((sound) => ({
      follow: async function* (key, after, signal) {
        for await (const events of sound.follow(key, after, signal)) {
          const kept: readonly StoredEvent[] = events.filter(({ id }) => id !== 3)
          yield kept
        }
      },
    }))
    await expect(crash({ log })).rejects.toThrow(/event stream of run-1: event 4 came where 3 was due/)
  })

  test('a decision that is filed, but never found', async () => {
    const entity = blind(() => ({ controls: async () => [], watchControls: async function* () {} }))
    await expect(crash({ entity })).rejects.toThrow(/Nothing happens any more/)
  })

  test('an entity that takes a turn in twice', async () => {
    const entity: EntityFactory = (options) => {
      const handle = createAgentEntity(options)
      return async (context) => {
        await handle(context)
        const state = context.df.getState()
        if (state === undefined || context.df.operationName !== 'run') return
        const [first] = state.data.conversationHistory
        if (first !== undefined) state.data.conversationHistory.push(first)
        context.df.setState(state)
      }
    }
    await expect(crash({ entity })).rejects.toThrow(/run-1 is in the history with [23] requests/)
  })

  test('an entity that loses its state', async () => {
    const entity: EntityFactory = (options) => {
      const handle = createAgentEntity(options)
      let operations = 0
      return async (context) => {
        operations += 1
        await handle(context)
        if (operations === 2) context.df.destructOnExit()
      }
    }
    await expect(crash({ entity })).rejects.toThrow(/With /)
  })

  test('an entity that throws', async () => {
    const entity: EntityFactory = () => () => {
      throw new Error('out of order')
    }
    await expect(crash({ entity })).rejects.toThrow(/Nothing happens any more/)
  })

  test('a model that goes by the number of its calls', async () => {
    const agent = () => new Agent({ name: 'Refunds', client: new ScriptedModel([{ text: 'x' }]) })
    await expect(crash({}, { agent, play: refunds.play })).rejects.toThrow(/wrap its steps in conversation/)
  })

  test('an agent in the place of what makes it', async () => {
    const agent = new Agent({ name: 'Refunds', client: new ScriptedModel([]) })
    const scenario = { agent: agent as unknown as () => Agent, play: refunds.play }
    await expect(crash({}, scenario)).rejects.toThrow(/must be a function that makes it/)
  })

  test('a model call that the script does not foresee', async () => {
    const agent = () =>
      new Agent({ name: 'Refunds', client: new ScriptedModel(conversation([{ text: 'x' }])) })
    await expect(crash({}, { agent, play: refunds.play })).rejects.toThrow(/no step for model call 1/)
  })

  test('steps of the script that nobody asks for', async () => {
    const play: Scenario['play'] = async (session) => {
      await session.send('Refund order 7')
    }
    await expect(crash({}, { agent: createRefunds, play })).rejects.toThrow(
      /Of the 3 steps of the script 1 were never asked for/,
    )
  })

  test('what the script itself asserts', async () => {
    const play: Scenario['play'] = async (session) => {
      await refunds.play(session, undefined as never)
      throw new Error('not what I wanted')
    }
    await expect(crash({}, { agent: createRefunds, play })).rejects.toThrow(
      /the undisturbed run:\n- Error: not what I wanted/,
    )
  })
})

test.each([
  [undefined, {}, 'A scenario takes an object with options, not undefined.'],
  [{ ...refunds, chek: () => {} }, {}, 'A scenario has no option "chek". It has: agent, play, check.'],
  [{ ...refunds, agent: 'Refunds' }, {}, 'must be a function that makes it'],
  [{ agent: createRefunds }, {}, 'A scenario needs a function play'],
  [{ ...refunds, check: 'paid once' }, {}, 'check of a scenario must be a function.'],
  [refunds, { seeds: 3 }, 'crashEverywhere has no option "seeds".'],
  [refunds, { sample: 0 }, 'sample must be above 0, and 1 at most, not 0.'],
  [refunds, { pairs: -1 }, 'pairs must be a whole number of at least 0, not -1.'],
  [refunds, { shuffles: '5' }, 'shuffles must be a whole number of at least 0, not "5".'],
  [refunds, { unknownOutcome: 'aprove' }, `unknownOutcome must be one of 'approve', 'reject', not "aprove".`],
])('what would try nothing without a word is refused (%#)', async (scenario, options, said) => {
  const tried = crashEverywhere(scenario as Scenario, options as CrashOptions)
  await expect(tried).rejects.toThrow(said)
})

test('a scenario in which nobody says anything proves nothing, and fails', async () => {
  const agent = () => new Agent({ name: 'Refunds', client: new ScriptedModel(() => ({ text: 'Hi' })) })
  await expect(crash({}, { agent, play: async () => {} })).rejects.toThrow('nobody was sent anything')
})
