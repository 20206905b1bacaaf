import type { RunLog } from '../../run/run-log.js'

/** A run log, and how many calls to it have not been answered yet. */
export interface CountedRunLog {
  readonly log: RunLog
  readonly unanswered: number
}

/**
 * Counts calls to a store that takes real time, so that nothing else goes on before it has answered. What is followed or
 * watched does not count: it is there to be waited for.
 */
export function countCalls(store: RunLog): CountedRunLog {
  let unanswered = 0
  const count = (method: (...args: unknown[]) => unknown) =>
    async function counted(...args: unknown[]): Promise<unknown> {
      unanswered += 1
      try {
        return await Reflect.apply(method, store, args)
      } finally {
        unanswered -= 1
      }
    }
  const log = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const isStream = name === 'follow' || name === 'watchControls'
      return isStream ? member.bind(target) : count(member as (...args: unknown[]) => unknown)
    },
  })
  return {
    log,
    get unanswered() {
      return unanswered
    },
  }
}
