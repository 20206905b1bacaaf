import { createTask, endTask, type ReplayTask } from './replay-task.js'

/** Who waits for which event from outside, served as the client library serves them. */
export class EventListeners {
  readonly #waiting = new Map<string, ReplayTask[]>()
  /** How many events of a name came before anybody waited for them. */
  readonly #early = new Map<string, number>()

  /** A task that ends with an event of this name; at once when one has come before. */
  listen(name: string): ReplayTask {
    const task = createTask()
    const early = this.#early.get(name) ?? 0
    if (early > 0) {
      this.#early.set(name, early - 1)
      endTask(task, 'completed')
      return task
    }
    const waiting = this.#waiting.get(name)
    if (waiting) waiting.push(task)
    else this.#waiting.set(name, [task])
    return task
  }

  /** Ends the task that has waited least; without one, the event is kept. */
  raise(name: string): void {
    const last = this.#waiting.get(name)?.pop()
    if (last) endTask(last, 'completed')
    else this.#early.set(name, (this.#early.get(name) ?? 0) + 1)
  }
}
