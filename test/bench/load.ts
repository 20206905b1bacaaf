import { randomUUID } from 'node:crypto'
import type { Target } from './targets.js'

/** What a user says in a turn: a sentence, different each time, that calls for no tool. */
export function createMessage(turn: number): string {
  return `Question ${turn}: what should a traveller know about the old town on the other side of the river?`
}

/** Has one conversation of so many turns, one after the other; returns each turn's milliseconds. */
export async function runSession(target: Target, turns: number): Promise<readonly number[]> {
  const session = randomUUID()
  const times: number[] = []
  for (let turn = 1; turn <= turns; turn++) times.push(await target.turn(session, createMessage(turn)))
  return times
}

export interface ParallelLoad {
  /** How many conversations go on at the same time. */
  readonly sessions: number
  /** How long one lasts before the next begins. */
  readonly turnsPerSession: number
  readonly durationMs: number
}

/** What a {@link ParallelLoad} came to. */
export interface ParallelResult {
  readonly turns: number
  readonly seconds: number
}

/** Keeps so many conversations going for a while; turns that were begun are finished and counted. */
export async function runInParallel(target: Target, load: ParallelLoad): Promise<ParallelResult> {
  const startedAt = performance.now()
  const endsAt = startedAt + load.durationMs
  let turns = 0
  const converse = async () => {
    while (performance.now() < endsAt) {
      const session = randomUUID()
      for (let turn = 1; turn <= load.turnsPerSession && performance.now() < endsAt; turn++) {
        await target.turn(session, createMessage(turn))
        turns += 1
      }
    }
  }
  await Promise.all(Array.from({ length: load.sessions }, converse))
  return { turns, seconds: (performance.now() - startedAt) / 1000 }
}
