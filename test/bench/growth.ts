import { randomUUID } from 'node:crypto'
import { createMessage, runSession } from './load.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'
import { type Targets, withTargets } from './targets.js'

export interface GrowthOptions {
  /** How long the conversations get. */
  readonly turns: number
  /** How many conversations to have, one after the other. */
  readonly repeats: number
}

const names = ['model', 'plain', 'ours'] as const
type Name = (typeof names)[number]
type Times = Readonly<Record<Name, number[][]>>

/** Short conversations first, so that turn 10 does not pay for code that was never run before. */
const warmUpSessions = 30

/** How many turns one target has before the next has its own: short, so that a busy moment of the machine hits all. */
const blockTurns = 5

/** How a turn's time grows with its conversation: around turn 10, and at the end. All three send the model all of it each time. */
export function measureGrowth(processes: Processes, { turns, repeats }: GrowthOptions) {
  return withTargets(processes, async (targets): Promise<readonly Row[]> => {
    for (let count = 0; count < warmUpSessions; count++) {
      for (const name of names) await runSession(targets[name], 10)
    }
    const times: Times = { model: [], plain: [], ours: [] }
    for (let repeat = 0; repeat < repeats; repeat++) await converse(targets, turns, times)
    const [early, late] = [summarize(times, 4, 15), summarize(times, turns - 11, turns)]
    const growth = (name: Name) => late[name] / early[name]
    const growths = { model: growth('model'), plain: growth('plain'), ours: growth('ours') }
    return [
      { measure: 'turn 5 to 15, p50', unit: 'ms', ...early },
      { measure: `turn ${turns - 10} to ${turns}, p50`, unit: 'ms', ...late },
      { measure: 'growth from the first to the second', unit: 'times', ...growths },
    ]
  })
}

async function converse(targets: Targets, turns: number, times: Times): Promise<void> {
  const session = randomUUID()
  for (const name of names) times[name].push([])
  for (let first = 1; first <= turns; first += blockTurns) {
    for (const name of names) {
      for (let turn = first; turn < first + blockTurns && turn <= turns; turn++) {
        times[name].at(-1)?.push(await targets[name].turn(session, createMessage(turn)))
      }
    }
  }
}

function summarize(times: Times, from: number, to: number): Record<Name, number> {
  const middle = (name: Name) => median(times[name].flatMap((session) => session.slice(from, to)))
  return { model: middle('model'), plain: middle('plain'), ours: middle('ours') }
}
