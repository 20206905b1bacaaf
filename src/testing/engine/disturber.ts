import type { Boundary } from './boundary.js'
import type { BoundaryDisturbance, Disturbance, MessageFate } from './disturbance.js'
import { SeededRandom } from './seeded-random.js'

const fates: readonly MessageFate[] = ['twice', 'again', 'late']

/** Says what goes wrong where, each thing once. */
export class Disturber {
  #random: SeededRandom | undefined
  #boundaries: readonly BoundaryDisturbance[]
  #fates: ReadonlyMap<number, MessageFate>

  constructor(disturbances: readonly Disturbance[]) {
    const shuffle = disturbances.find((one) => one.type === 'shuffle')
    this.#random = shuffle === undefined ? undefined : new SeededRandom(shuffle.seed)
    this.#boundaries = disturbances.filter((one) => 'boundary' in one)
    this.#fates = new Map(
      disturbances.flatMap((one) => (one.type === 'message' ? [[one.message, one.fate]] : [])),
    )
  }

  /** What goes wrong at a boundary; it then counts as having happened. */
  takeAt(number: number, { canFail }: Boundary): BoundaryDisturbance | undefined {
    const found = this.#boundaries.find((one) => one.boundary === number)
    this.#boundaries = this.#boundaries.filter((one) => one !== found)
    return found?.type === 'error' && !canFail ? undefined : found
  }

  /** From now on everything goes well. */
  calm(): void {
    this.#random = undefined
    this.#boundaries = []
    this.#fates = new Map()
  }

  fateOf(message: number): MessageFate | undefined {
    if (this.#random?.chance(0.3)) return this.#random.pick(fates)
    return this.#fates.get(message)
  }

  /** Which of several things that could happen next does: the first, unless they are shuffled. */
  choose<T>(choices: readonly T[]): T | undefined {
    return this.#random === undefined ? choices[0] : this.#random.pick(choices)
  }

  /** How late a message is; ms. */
  toDelay(): number {
    return this.#random === undefined ? 600_000 : 1 + this.#random.below(150_000)
  }

  /** Whether a reader gets to see what was true a moment ago. */
  isStale(): boolean {
    return this.#random?.chance(0.3) ?? false
  }
}
