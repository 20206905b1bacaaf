import type { Clock } from '../../core/clock.js'
import { systemClock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { MemoryRunLog } from '../../log/memory-run-log.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import { createAgentEntity } from '../../session/agent-entity.js'
import { toEntityName } from '../../session/agent-session-id.js'
import { toOperationLimits } from '../../session/execution-limits.js'
import { SessionClient } from '../../session/session-client.js'
import type { StoredEntry, StoredState } from '../../session/stored-state.js'
import type { BoundaryDisturbance, Disturbance } from './disturbance.js'
import { Disturber } from './disturber.js'
import { createDirectClient } from './durable-client.js'
import { Follower } from './follower.js'
import { Observations } from './observations.js'
import { SeededRandom } from './seeded-random.js'
import { TaskHub } from './task-hub.js'
import { TestApp } from './test-app.js'
import { type Crossing, TestProcess } from './test-process.js'
import { VirtualClock } from './virtual-clock.js'
import type { AgentFactory, EntityFactory, World } from './world.js'

export interface TestEngineOptions {
  /** Makes the app's agents; called anew for each process. Time comes from the clock: agents and tools that wait use it. */
  readonly agents: AgentFactory
  /** Where runs are journalled; it outlives the processes. @default memory */
  readonly log?: (clock: Clock) => RunLog | Promise<RunLog>
  /** What is to go wrong. @default nothing */
  readonly disturbances?: readonly Disturbance[]
  /** As in host.json: the longest time of one operation; ms. @default 600,000 */
  readonly functionTimeoutMs?: number
  /** As in host.json. @default 1 */
  readonly maxEntityOperationBatchSize?: number
  /** How long, in real time, a tool or a model that does real work may be silent before virtual time passes; ms. @default 20 */
  readonly realWaitMs?: number
  /** The entity to test. @default the one that `AgentFunctionApp` registers */
  readonly entity?: EntityFactory
}

/** How often the watchdog looks; ms. */
const sweepIntervalMs = 60_000

/** After so many looks in which nothing was written, whatever is awaited will not come. */
const maxIdleSweeps = 200

/** A run that does more than this will never end. */
const maxBoundaries = 20_000

/** Resolves once everything that could go on without the outside has. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * Runs agents as Durable Functions would, in one process and without waiting: a mailbox and one operation at a time per
 * entity, batches, delivery at least once, signals that leave before the state commits, reads of what was committed last.
 * Everything that touches a store waits its turn, so a run is the same each time, unless disturbances are asked for.
 */
export class TestEngine {
  readonly clock: VirtualClock
  readonly observations: Observations
  readonly hub: TaskHub
  /** The store itself: using it is no boundary. */
  readonly log: RunLog
  readonly #world: World
  readonly #realWaitMs: number
  readonly #followers: Follower[] = []
  /** Called when nothing can happen without time passing; true when it has set something going. */
  onIdle: () => Promise<boolean> = async () => false
  #app: TestApp
  #processes = 0
  #pending: Crossing[] = []
  #frozen: { readonly process: TestProcess; boundaries: number }[] = []
  #conditions: Condition[] = []
  #checkedVersion = -1
  #actors = 0
  #isScriptDone = true
  #nextSweepAt: number
  #idleSweeps = 0
  #sweptVersion = 0
  #callerRepeats = true
  #failure: { readonly error: unknown } | undefined

  /** An engine whose first process has just started. */
  static async open(options: TestEngineOptions): Promise<TestEngine> {
    const clock = new VirtualClock()
    const log = (await options.log?.(clock)) ?? new MemoryRunLog({ clock })
    return new TestEngine(options, clock, log)
  }

  private constructor(options: TestEngineOptions, clock: VirtualClock, log: RunLog) {
    const { disturbances = [], functionTimeoutMs = 600_000, maxEntityOperationBatchSize = 1 } = options
    this.clock = clock
    this.log = log
    this.hub = new TaskHub(maxEntityOperationBatchSize)
    this.observations = new Observations((key) => this.#startFollower(key))
    this.#world = {
      clock,
      log,
      hub: this.hub,
      disturber: new Disturber(disturbances),
      observations: this.observations,
      createAgents: options.agents,
      createEntity: options.entity ?? createAgentEntity,
      limits: toOperationLimits(functionTimeoutMs),
    }
    this.#realWaitMs = options.realWaitMs ?? 20
    this.#nextSweepAt = clock.now() + sweepIntervalMs
    this.#app = this.#startProcess()
  }

  /** The agents of the process that lives now. */
  get agents() {
    return this.#app.agents
  }

  /** Whether callers whose requests are cut off repeat them. */
  get callerRepeats(): boolean {
    return this.#callerRepeats
  }

  /**
   * Runs a script, and everything that it causes, until `isSettled` says that nothing is left to wait for.
   * @throws what the script throws; an error naming what is awaited when that will not come.
   */
  async run(script: () => Promise<void>, isSettled: () => Promise<boolean>): Promise<void> {
    this.#isScriptDone = false
    this.act(async () => {
      await script()
      this.#isScriptDone = true
    })
    while (this.#failure === undefined) {
      await settle()
      if (await this.#goOn()) continue
      if (this.#isScriptDone && this.#actors === 0 && !this.hub.hasWork && (await isSettled())) return
      await this.#letTimePass()
    }
    throw this.#failure.error
  }

  /** A session's whole history as a reader gets it now, from what was committed and the logs. */
  async readHistory(key: SessionKey): Promise<readonly StoredEntry[]> {
    const client = createDirectClient(this.#world)
    const sessions = new SessionClient(client, this.log, this.clock)
    const { entries } = await sessions.read(key, { limit: Number.MAX_SAFE_INTEGER, before: undefined })
    return entries
  }

  /** What a session's entity has committed; `undefined` when it does not exist. */
  readState({ agent, session }: SessionKey): StoredState | undefined {
    const { state } = this.hub.open({ name: toEntityName(agent), key: session })
    return state === undefined ? undefined : JSON.parse(state)
  }

  /** Has a session's entity take in whatever has ended and was not committed, as the next message would. */
  catchUp({ agent, session, run }: RunKey): void {
    const input = JSON.stringify({ correlationId: run })
    const { mailbox } = this.hub.open({ name: toEntityName(agent), key: session })
    mailbox.push({ operation: 'continue', input, dueAt: this.clock.now() })
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#world.disturber.calm()
  }

  /** Stops all followers, and has them compare what they saw. */
  async finish(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.finish()))
  }

  /** Has a caller talk to the app. `lost` when its process died, stood still or failed before it answered. */
  async request<T>(
    action: (sessions: SessionClient) => Promise<T>,
  ): Promise<{ readonly answer: T } | 'lost'> {
    const { process } = this.#app
    const gone = new Promise<'lost'>((resolve) => {
      process.gone.addEventListener('abort', () => resolve('lost'), { once: true })
    })
    const answered = action(this.#app.sessions('caller')).then((answer) => ({ answer }))
    try {
      return await Promise.race([answered, gone])
    } catch (error) {
      if (error instanceof AgentError && error.retryable) return 'lost'
      throw error
    }
  }

  /** Resolves when `look` finds something; it is asked again whenever a store has changed. */
  waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    this.#checkedVersion = -1
    return new Promise<T>((resolve, reject) => {
      const check = async () => {
        try {
          const found = await look()
          if (found !== undefined) resolve(found)
          return found !== undefined
        } catch (error) {
          reject(error)
          return true
        }
      }
      this.#conditions.push({ what, check })
    })
  }

  /** Lets somebody act beside the script; the run is not over before they are done. */
  act(action: () => Promise<void>): void {
    this.#actors += 1
    action()
      .catch((error) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#actors -= 1
      })
  }

  /** Lets the next thing happen; false when nothing can without time passing. */
  async #goOn(): Promise<boolean> {
    if (await this.#checkConditions()) return true
    const batch = this.hub.take(this.#app.process, this.clock.now())
    if (batch !== undefined) {
      const app = this.#app
      app.work(batch).catch((error) => {
        this.#failure ??= { error }
      })
      return true
    }
    const crossing = this.#world.disturber.choose(this.#pending.filter(({ process }) => process.isRunning))
    if (crossing === undefined) return this.#thaw() || this.onIdle()
    this.#pending.splice(this.#pending.indexOf(crossing), 1)
    await this.#cross(crossing)
    this.#warm()
    return true
  }

  async #checkConditions(): Promise<boolean> {
    if (this.#checkedVersion === this.observations.version) return false
    this.#checkedVersion = this.observations.version
    const met: Condition[] = []
    for (const condition of this.#conditions) if (await condition.check()) met.push(condition)
    this.#conditions = this.#conditions.filter((condition) => !met.includes(condition))
    return met.length > 0
  }

  async #cross(crossing: Crossing): Promise<void> {
    this.clock.advanceTo(this.clock.now() + 1)
    const { boundary, process } = crossing
    if (boundary === undefined) return crossing.resolve(undefined)
    const disturbance = this.#world.disturber.takeAt(this.observations.boundaries.length, boundary)
    if (disturbance?.type === 'freeze') return this.#freeze(crossing, disturbance.boundaries)
    this.observations.boundaries.push(boundary)
    if (this.observations.boundaries.length > maxBoundaries) this.#giveUp()
    if (disturbance !== undefined) this.#callerRepeats = disturbance.callerRepeats
    if (disturbance?.when === 'before') return this.#strike(disturbance, crossing)
    const settled = await Promise.allSettled([crossing.effect()])
    if (process.isDead) return
    if (disturbance !== undefined) return this.#strike(disturbance, crossing)
    for (const result of settled) {
      if (result.status === 'fulfilled') crossing.resolve(result.value)
      else crossing.reject(result.reason)
    }
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
    this.observations.died(process.number)
    this.#pending = this.#pending.filter((crossing) => crossing.process !== process)
    this.hub.release(process, disturbance.isRedelivered)
    if (process === this.#app.process) this.#app = this.#startProcess()
  }

  #freeze(crossing: Crossing, boundaries: number): void {
    const { process } = crossing
    process.freeze()
    this.#pending.unshift(crossing)
    this.hub.release(process, true)
    this.#frozen.push({ process, boundaries })
    if (process === this.#app.process) this.#app = this.#startProcess()
  }

  /** Frozen processes go on when the others have got far enough. */
  #warm(): void {
    for (const frozen of this.#frozen) {
      frozen.boundaries -= 1
      if (frozen.boundaries <= 0) frozen.process.thaw()
    }
    this.#frozen = this.#frozen.filter(({ boundaries }) => boundaries > 0)
  }

  /** Has a frozen process go on, when nobody else can; false when there is none. */
  #thaw(): boolean {
    const frozen = this.#frozen.shift()
    frozen?.process.thaw()
    return frozen !== undefined
  }

  #startProcess(): TestApp {
    const submit = (crossing: Crossing) => {
      if (!crossing.process.isDead) this.#pending.push(crossing)
    }
    return new TestApp(new TestProcess(this.#processes++, this.clock, submit), this.#world)
  }

  #startFollower(key: { readonly agent: string; readonly session: string; readonly run: string }): void {
    const random = new SeededRandom(this.#followers.length + 1)
    this.#followers.push(new Follower({ log: this.log, key, random, observations: this.observations }))
  }

  /** Nothing can happen now, so the next thing that time brings does. */
  async #letTimePass(): Promise<void> {
    const wait = this.clock.next
    const arrival = this.hub.nextArrival(this.clock.now())
    const worksOutside = this.#app.activity.busy > 0 && !this.clock.hasSleepingProcess
    if (worksOutside && (await this.#hearsFromOutside())) return
    const next = Math.min(wait?.at ?? Infinity, arrival ?? Infinity, this.#nextSweepAt)
    this.clock.advanceTo(next)
    if (next === this.#nextSweepAt) this.#sweep()
  }

  /** Gives tools and models that do real work the time for it. */
  async #hearsFromOutside(): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < this.#realWaitMs; waitedMs += 1) {
      await systemClock.sleep(1)
      if (this.#pending.length > 0) return true
    }
    return false
  }

  #sweep(): void {
    this.#nextSweepAt = this.clock.now() + sweepIntervalMs
    this.#idleSweeps = this.#sweptVersion === this.observations.version ? this.#idleSweeps + 1 : 0
    this.#sweptVersion = this.observations.version
    const isAwaited = this.#isScriptDone || this.#conditions.length > 0
    if (this.#idleSweeps > maxIdleSweeps && isAwaited) {
      this.#giveUp()
      return
    }
    const app = this.#app
    this.act(async () => {
      await Promise.race([
        app.sweep().catch(() => {}),
        new Promise<void>((resolve) => {
          app.process.gone.addEventListener('abort', () => resolve(), { once: true })
        }),
      ])
    })
  }

  #giveUp(): void {
    const awaited = this.#conditions.map(({ what }) => what)
    const what = awaited.length === 0 ? 'accepted runs end' : awaited.join(', ')
    this.#failure ??= { error: new Error(`Nothing happens any more, but the scenario waits until ${what}.`) }
  }
}

interface Condition {
  readonly what: string
  readonly check: () => Promise<boolean>
}
