import { expect } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ScenarioOutcome } from '../../src/testing/index.js'
import { BackgroundProvider } from '../support/background-provider.js'
import type { NamedScenario } from './scenarios.js'

const minute = 60_000

/** Each answer is asked for once: whoever has its token comes back, and asks for no other. */
function checkAskedOnce({ events }: ScenarioOutcome): void {
  for (const log of events.values()) {
    const continued = log.flatMap((event) => (event.type === 'step.continued' ? [event.data] : []))
    expect(continued.map(({ step }) => step)).toEqual([0])
  }
}

/** Operations are cut short after a minute. */
const options = { functionTimeoutMs: 2 * minute }

function createScenario(title: string, makingMs: number): NamedScenario {
  const provider = new BackgroundProvider(['Researched.', 'Gladly.'], makingMs)
  return {
    title,
    options,
    crashPoints: 25,
    scenario: {
      agent: (clock) =>
        new Agent({
          name: 'Researcher',
          client: provider.connect(clock),
          modelSettings: { background: true },
        }),
      async play(session) {
        expect(await session.send('Research')).toMatchObject({ status: 'completed', text: 'Researched.' })
        expect(await session.send('Thanks')).toMatchObject({ status: 'completed', text: 'Gladly.' })
      },
      check(outcome) {
        checkAskedOnce(outcome)
        const log = [...outcome.events.values()].flat()
        const isParked = log.some(
          (event) => event.type === 'run.parked' && event.data.reason === 'background',
        )
        if (outcome.isUndisturbed) expect(isParked).toBe(makingMs > minute)
      },
    },
  }
}

function createCancellation(): NamedScenario {
  const provider = new BackgroundProvider(['Researched.'], 2 * minute)
  return {
    title: 'a background answer that is cancelled',
    crashPoints: 15,
    options: { ...options, isSameState: false },
    scenario: {
      agent: (clock) =>
        new Agent({
          name: 'Researcher',
          client: provider.connect(clock),
          modelSettings: { background: true },
        }),
      async play(session) {
        await session.start('Research')
        await session.until('step.continued')
        await session.cancel()
        expect(await session.news()).toMatchObject({ status: 'cancelled' })
      },
      check({ events }) {
        const [log = []] = events.values()
        const tokens = log.flatMap((event) => (event.type === 'step.continued' ? [event.data.token] : []))
        expect([...provider.cancelled]).toEqual(expect.arrayContaining(tokens))
      },
    },
  }
}

export const backgroundScenarios: readonly NamedScenario[] = [
  createScenario('answers made in the background within an operation', minute / 2),
  createScenario('answers made in the background that outlast their operations', 2 * minute),
  createCancellation(),
]
