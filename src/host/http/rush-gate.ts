import type { ServerResponse } from 'node:http'

/** Begins a request now, or a little later. */
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

/** How often a busy event loop is looked at, and the part of that time it must have rested not to count as busy. */
const lookEveryMs = 20
const restingPart = 0.01

/** Nobody waits longer than this. */
const longestWaitMs = 250

/**
 * Holds requests back while the event loop is never idle and more than a few are under way; when those have ended, all
 * that wait begin together. Work that is in the same place goes through the same code, transactions and flushes one
 * after the other, and less is kept of what is half done: under full load that makes a fifth more turns per second
 * (`npm run bench`). As soon as the loop has time to rest, as when requests wait for a model, nobody is held back.
 */
export function createRushGate(readTimes: () => LoopTimes = readLoopTimes): RushGate {
  const isBusy = createLoopMeter(readTimes)
  const underWay = new Set<ServerResponse>()
  const waiting = new Map<ServerResponse, () => void>()
  let heldSince = 0
  let watch: NodeJS.Timeout | undefined

  const start = (response: ServerResponse, begin: () => void): void => {
    underWay.add(response)
    begin()
  }
  const open = (): void => {
    clearInterval(watch)
    watch = undefined
    const held = [...waiting]
    waiting.clear()
    for (const [response, begin] of held) start(response, begin)
  }
  const look = (): void => {
    if (!isBusy() || readTimes().now - heldSince >= longestWaitMs) open()
  }
  const hold = (response: ServerResponse, begin: () => void): void => {
    if (watch === undefined) {
      heldSince = readTimes().now
      watch = setInterval(look, lookEveryMs)
    }
    waiting.set(response, begin)
  }

  return (response, begin) => {
    response.once('close', () => {
      underWay.delete(response)
      waiting.delete(response)
      if (waiting.size > 0 && underWay.size < fewRequests) open()
    })
    if (underWay.size >= fewRequests && isBusy()) hold(response, begin)
    else start(response, begin)
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
