import type { ServerResponse } from 'node:http'

/** Begins a request now, or a moment later. */
export type RushGate = (response: ServerResponse, begin: () => void) => void

/** What the event loop has done so far, in milliseconds. */
export interface LoopTimes {
  /** Since some moment. */
  readonly now: number
  /** How much of that it had nothing to do. */
  readonly idle: number
}

/** So many are worked on at a time whatever the load. */
const fewRequests = 16

/** Nobody waits longer than this for others to come. */
const longestWaitMs = 20

/** Over how long the event loop is looked at, and the part of that time it must have rested not to count as busy. */
const lookEveryMs = 20
const restingPart = 0.01

/**
 * Holds requests back for a moment while the event loop is never idle and more than a few are under way, and then begins
 * together all that have come. Work that is in the same place goes through the same code, transactions and flushes one
 * after the other, and less is kept of what is half done: under full load that makes a fifth more turns per second
 * (`npm run bench`). Where the loop has time to rest, as when most requests wait for a model, nobody is held back.
 */
export function createRushGate(readTimes: () => LoopTimes = readLoopTimes): RushGate {
  const isBusy = createLoopMeter(readTimes)
  const underWay = new Set<ServerResponse>()
  const waiting = new Map<ServerResponse, () => void>()
  let opening: NodeJS.Timeout | undefined

  const start = (response: ServerResponse, begin: () => void): void => {
    underWay.add(response)
    begin()
  }
  const open = (): void => {
    clearTimeout(opening)
    opening = undefined
    const held = [...waiting]
    waiting.clear()
    for (const [response, begin] of held) start(response, begin)
  }

  return (response, begin) => {
    response.once('close', () => {
      underWay.delete(response)
      waiting.delete(response)
      if (waiting.size > 0 && underWay.size < fewRequests) open()
    })
    if (underWay.size < fewRequests || !isBusy()) return start(response, begin)
    waiting.set(response, begin)
    opening ??= setTimeout(open, longestWaitMs)
  }
}

/** Tells whether the event loop was busy throughout when it was looked at last. */
function createLoopMeter(readTimes: () => LoopTimes): () => boolean {
  let last = readTimes()
  let busy = false
  return () => {
    const times = readTimes()
    const passed = times.now - last.now
    if (passed < lookEveryMs) return busy
    busy = times.idle - last.idle < passed * restingPart
    last = times
    return busy
  }
}

function readLoopTimes(): LoopTimes {
  return { now: performance.now(), idle: performance.nodeTiming.idleTime }
}
