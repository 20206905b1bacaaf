import type { ServerResponse } from 'node:http'
import type { HttpSettings } from '../settings/host-json.js'

/** Has a request answered when it is its turn; false when too many are here already, and it has none. */
export type Throttle = (response: ServerResponse, answer: () => void) => boolean

/** Holds requests to the limits of host.json; those that wait are answered in the order in which they came (Functions host: HTTP throttling). */
export function createThrottle({ maxConcurrentRequests, maxOutstandingRequests }: HttpSettings): Throttle {
  if (maxConcurrentRequests === undefined && maxOutstandingRequests === undefined) return answerAtOnce
  const mostOutstanding = maxOutstandingRequests ?? Number.POSITIVE_INFINITY
  const mostRunning = maxConcurrentRequests ?? Number.POSITIVE_INFINITY
  const running = new Set<ServerResponse>()
  const waiting = new Map<ServerResponse, () => void>()
  const fill = (): void => {
    for (const [response, answer] of waiting) {
      if (running.size >= mostRunning) return
      waiting.delete(response)
      running.add(response)
      answer()
    }
  }
  return (response, answer) => {
    if (running.size + waiting.size >= mostOutstanding) return false
    response.once('close', () => {
      waiting.delete(response)
      running.delete(response)
      fill()
    })
    waiting.set(response, answer)
    fill()
    return true
  }
}

function answerAtOnce(_response: ServerResponse, answer: () => void): boolean {
  answer()
  return true
}
