import type { RunKey } from '../../run/run-log.js'
import type { TestProcess } from './test-process.js'

/** Somebody in a process who is to be told of wishes about a run. */
export interface Watcher {
  readonly process: TestProcess
  readonly key: RunKey
  /** A wish was filed that this watcher has not heard of. */
  isBehind: boolean
}

/** Who watches for wishes: a store takes real time to tell them, in which virtual time must not pass. */
export class Watchers {
  readonly #watchers = new Set<Watcher>()

  /** Whether news are under way to a process that runs. */
  get areBehind(): boolean {
    return [...this.#watchers].some(({ isBehind, process }) => isBehind && process.isRunning)
  }

  enter(key: RunKey, process: TestProcess): Watcher {
    const watcher = { key, process, isBehind: false }
    this.#watchers.add(watcher)
    return watcher
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  /** A wish about a run is in the store. */
  filed({ agent, session, run }: RunKey): void {
    for (const watcher of this.#watchers) {
      const { key } = watcher
      if (key.agent === agent && key.session === session && key.run === run) watcher.isBehind = true
    }
  }

  /** Takes news that did not come in time for lost. */
  giveUp(): void {
    for (const watcher of this.#watchers) watcher.isBehind = false
  }
}
