import { AgentError } from '../../core/errors.js'
import type { Boundary } from './boundary.js'
import type { BoundaryDisturbance } from './disturbance.js'
import { TestApp } from './test-app.js'
import { type Crossing, TestProcess } from './test-process.js'
import type { World } from './world.js'

interface FrozenProcess {
  readonly process: TestProcess
  /** After so many boundaries of others it goes on. */
  readonly boundaries: number
}

/**
 * The processes of the app: the one that lives now, those that stand still, and what all of them wait to do. One boundary is
 * crossed at a time, and there a process may die, or stand still, or be told that its store failed.
 */
export class Processes {
  readonly #world: World
  #app: TestApp
  #started = 0
  #pending: readonly Crossing[] = []
  #frozen: readonly FrozenProcess[] = []
  #callerRepeats = true

  constructor(world: World) {
    this.#world = world
    this.#app = this.#start()
  }

  /** The app in the process that lives now. */
  get app(): TestApp {
    return this.#app
  }

  /** Whether a caller whose request was cut off repeats it, although it was written down. */
  get callerRepeats(): boolean {
    return this.#callerRepeats
  }

  /** Whether a process waits to cross a boundary. */
  get hasPending(): boolean {
    return this.#pending.some(({ process }) => process.isRunning)
  }

  /** Lets one process cross the boundary it waits at; false when none waits. */
  async crossNext(): Promise<boolean> {
    const { disturber, clock } = this.#world
    const crossing = disturber.choose(this.#pending.filter(({ process }) => process.isRunning))
    if (crossing === undefined) return this.#thaw()
    this.#pending = this.#pending.filter((one) => one !== crossing)
    clock.advanceTo(clock.now() + 1)
    if (crossing.boundary === undefined) crossing.resolve(undefined)
    else await this.#cross(crossing, crossing.boundary)
    this.#warm()
    return true
  }

  async #cross(crossing: Crossing, boundary: Boundary): Promise<void> {
    const { disturber, observations } = this.#world
    const disturbance = disturber.takeAt(observations.boundaries.length, boundary)
    if (disturbance?.type === 'freeze') return this.#freeze(crossing, disturbance.boundaries)
    observations.boundaries.push(boundary)
    if (disturbance !== undefined) this.#callerRepeats = disturbance.callerRepeats
    if (disturbance?.when === 'before') return this.#strike(disturbance, crossing)
    const [result] = await Promise.allSettled([crossing.effect()])
    if (disturbance !== undefined) return this.#strike(disturbance, crossing)
    if (result.status === 'fulfilled') crossing.resolve(result.value)
    else crossing.reject(result.reason)
  }

  #strike(
    disturbance: Exclude<BoundaryDisturbance, { type: 'freeze' }>,
    { process, reject }: Crossing,
  ): void {
    if (disturbance.type === 'error') {
      reject(new AgentError('store_unavailable', 'The store is out of order.', { retryable: true }))
      return
    }
    process.die()
    this.#world.observations.died(process.number)
    this.#pending = this.#pending.filter((crossing) => crossing.process !== process)
    this.#replace(process, disturbance.isRedelivered)
  }

  #freeze(crossing: Crossing, boundaries: number): void {
    const { process } = crossing
    process.freeze()
    this.#pending = [crossing, ...this.#pending]
    this.#frozen = [...this.#frozen, { process, boundaries }]
    this.#replace(process, true)
  }

  /** Others take over what a process worked on. */
  #replace(process: TestProcess, isRedelivered: boolean): void {
    this.#world.hub.release(process, isRedelivered)
    if (process === this.#app.process) this.#app = this.#start()
  }

  /** Frozen processes go on when the others have got far enough. */
  #warm(): void {
    const warmer = this.#frozen.map(({ process, boundaries }) => ({ process, boundaries: boundaries - 1 }))
    for (const { process, boundaries } of warmer) if (boundaries <= 0) process.thaw()
    this.#frozen = warmer.filter(({ boundaries }) => boundaries > 0)
  }

  /** Has a frozen process go on, when nobody else can; false when there is none. */
  #thaw(): boolean {
    const [first, ...rest] = this.#frozen
    this.#frozen = rest
    first?.process.thaw()
    return first !== undefined
  }

  #start(): TestApp {
    const submit = (crossing: Crossing) => {
      if (!crossing.process.isDead) this.#pending = [...this.#pending, crossing]
    }
    return new TestApp(new TestProcess(this.#started++, this.#world.clock, submit), this.#world)
  }
}
