import { setTimeout as delay } from 'node:timers/promises'
import { onTestFailed } from 'vitest'
import type { RunReply } from './api.js'
import type { RunScene } from './run-scene.js'

export interface StormOptions {
  readonly sessions: number
  readonly turnsPerSession: number
  readonly kills: number
  /** Decides when the host is killed. */
  readonly seed: number
}

/** One turn, asked until it was answered. */
export interface StormAnswer {
  readonly session: string
  readonly run: string
  readonly message: string
  /** The first answer that came whole. */
  readonly reply: RunReply
  /** How often it had to be asked. */
  readonly tries: number
}

/**
 * Has many callers talk to the scene's host while it is killed again and again: each sends its messages one after the
 * other, and one that got no answer once more, with the same Idempotency-Key. The kills come at random, spread over the
 * time that the answers take.
 */
export async function raiseStorm(scene: RunScene, options: StormOptions): Promise<readonly StormAnswer[]> {
  const { sessions, turnsPerSession, kills, seed } = options
  const random = createRandom(seed)
  const answers: StormAnswer[] = []
  const over = new AbortController()
  const talks = Array.from({ length: sessions }, async (_none, index) => {
    for (let turn = 1; turn <= turnsPerSession && !over.signal.aborted; turn += 1) {
      const answer = await askUntilAnswered(scene, `session-${index}`, turn, over.signal)
      if (answer !== undefined) answers.push(answer)
    }
  })
  const share = (sessions * turnsPerSession) / kills
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const due = (kill + random() * 0.6) * share
      while (answers.length < due) await delay(2)
      await delay(random() * 60)
      await scene.restart()
    }
    await Promise.all(talks)
    return answers
  } finally {
    over.abort()
    await Promise.allSettled(talks)
  }
}

/** The message of a turn; its script has the model call a tool first. */
export function toStormMessage(session: string, turn: number): string {
  return `Turn ${turn} of ${session}`
}

async function askUntilAnswered(
  scene: RunScene,
  session: string,
  turn: number,
  over: AbortSignal,
): Promise<StormAnswer | undefined> {
  const message = toStormMessage(session, turn)
  const run = `turn-${turn}`
  for (let tries = 1; !over.aborted; tries += 1) {
    try {
      const headers = { 'idempotency-key': run }
      const reply = await scene.api.run({ message, sessionId: session }, headers)
      return { session, run, message, reply, tries }
    } catch {
      // The host is gone; it comes back.
      await delay(20)
    }
  }
  return undefined
}

/** Things by what `toName` says of them, in their order. */
export function groupBy<T>(
  things: readonly T[],
  toName: (thing: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const thing of things) groups.set(toName(thing), [...(groups.get(toName(thing)) ?? []), thing])
  return groups
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Names the storm when a test fails, so that it can be raised again. */
export function nameSeed(seed: number): void {
  onTestFailed(({ task }) => {
    for (const error of task.result?.errors ?? []) error.message += ` (E2E_SEED=${seed})`
  })
}
