import { setImmediate as nextTurn } from 'node:timers/promises'
import { refuse } from '../../core/check-options.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { MemoryRunLog } from '../../log/memory-run-log.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import { toEntityName } from '../../session/agent-session-id.js'
import { SessionClient } from '../../session/client/session-client.js'
import { createAgentEntity } from '../../session/entity/agent-entity.js'
import { toOperationLimits } from '../../session/execution/execution-limits.js'
import type { StoredEntry, StoredState } from '../../session/state/stored-state.js'
import { Conditions } from './conditions.js'
import { type CountedRunLog, countCalls } from './counted-run-log.js'
import type { Disturbance } from './disturbance.js'
import { Disturber } from './disturber.js'
import { createDirectClient } from './durable-client.js'
import { Follower } from './follower.js'
import { Observations } from './observations.js'
import { Processes } from './processes.js'
import { SeededRandom } from './seeded-random.js'
import { TaskHub } from './task-hub.js'
import { VirtualClock } from './virtual-clock.js'
import { Watchers } from './watchers.js'
import type { AgentFactory, AppSettings, EntityFactory, World } from './world.js'

export interface TestEngineOptions extends AppSettings {
  /** Makes the app's agents; called anew for each process. Time comes from the clock: agents and tools that wait use it. */
  readonly agents: AgentFactory
  /** Where runs are journalled; it outlives the processes. @default memory */
  readonly log?: ((clock: Clock) => RunLog | Promise<RunLog>) | undefined
  /** What is to go wrong. @default nothing */
  readonly disturbances?: readonly Disturbance[] | undefined
  /** As in host.json: the longest time of one operation; ms. @default 600,000 */
  readonly functionTimeoutMs?: number | undefined
  /** As in host.json. @default 1 */
  readonly maxEntityOperationBatchSize?: number | undefined
  /** How long, in real time, a tool or a model that does real work may be silent before virtual time passes; ms. @default 20 */
  readonly realWaitMs?: number | undefined
  /** The entity to test. @default the one that `AgentFunctionApp` registers */
  readonly entity?: EntityFactory | undefined
}

/** How often the watchdog looks; ms. */
const sweepIntervalMs = 60_000

/** After so many looks in which nothing was written, whatever is awaited will not come. */
const maxIdleSweeps = 200

/** A run that does more than this will never end. */
const maxBoundaries = 20_000

/** How long a store may take to tell somebody of news, in real time; ms. */
const storeWaitMs = 2_000

/** One more than an operation lets pass of its own accord. */
const settlingTurns = 3

/** Resolves once everything that could go on without the outside has. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < settlingTurns; turn++) await nextTurn()
}

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
  readonly #store: CountedRunLog
  readonly #world: World
  readonly #realWaitMs: number
  readonly #followers: Follower[] = []
  /** Called when nothing can happen without time passing; true when it has set something going. */
  onIdle: () => Promise<boolean> = async () => false
  readonly #processes: Processes
  readonly #conditions = new Conditions()
  #actors = 0
  #isScriptDone = true
  #nextSweepAt: number
  #idleSweeps = 0
  #sweptVersion = 0
  #failure: { readonly error: unknown } | undefined

  /** An engine whose first process has just started. @throws {AgentError} `invalid_configuration` when nothing makes its agents. */
  static async open(options: TestEngineOptions): Promise<TestEngine> {
    if (typeof options?.agents !== 'function')
      refuse('TestEngine.open needs agents: a function that makes them, as each process has its own.')
    const clock = new VirtualClock()
    const log = (await options.log?.(clock)) ?? new MemoryRunLog({ clock })
    return new TestEngine(options, clock, log)
  }

  private constructor(options: TestEngineOptions, clock: VirtualClock, log: RunLog) {
    const { disturbances = [], functionTimeoutMs = 600_000, maxEntityOperationBatchSize = 1 } = options
    this.clock = clock
    this.#store = countCalls(log)
    this.log = this.#store.log
    this.hub = new TaskHub(maxEntityOperationBatchSize)
    this.observations = new Observations((key) => this.#startFollower(key))
    this.#world = {
      clock,
      log: this.log,
      hub: this.hub,
      watchers: new Watchers(),
      disturber: new Disturber(disturbances),
      observations: this.observations,
      createAgents: options.agents,
      createEntity: options.entity ?? createAgentEntity,
      limits: toOperationLimits(functionTimeoutMs),
      settings: options,
    }
    this.#realWaitMs = options.realWaitMs ?? 20
    this.#nextSweepAt = clock.now() + sweepIntervalMs
    this.#processes = new Processes(this.#world)
  }

  /** The agents of the process that lives now. */
  get agents() {
    return this.#processes.app.agents
  }

  /** Whether callers whose requests are cut off repeat them. */
  get callerRepeats(): boolean {
    return this.#processes.callerRepeats
  }

  /**
   * Runs a script, and everything that it causes, until `isSettled` says that nothing is left to wait for.
   * @throws what the script throws; an error naming what is awaited when that will not come.
   */
  async run(script: () => Promise<void>, isSettled = async () => true): Promise<void> {
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
    const sessions = new SessionClient(client, this.log, { clock: this.clock })
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
    const { app } = this.#processes
    const gone = new Promise<'lost'>((resolve) => {
      app.process.gone.addEventListener('abort', () => resolve('lost'), { once: true })
    })
    const answered = action(app.sessions('caller')).then((answer) => ({ answer }))
    try {
      return await Promise.race([answered, gone])
    } catch (error) {
      if (error instanceof AgentError && error.retryable) return 'lost'
      throw error
    }
  }

  /** Resolves when `look` finds something; it is asked again whenever a store has changed. `what` completes "waits until". */
  waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    return this.#conditions.waitFor(what, look)
  }

  /** Lets somebody act beside the script; the run is not over before they are done. */
  act(action: () => Promise<void>): void {
    this.#actors += 1
    action()
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#actors -= 1
      })
  }

  /** Lets the next thing happen; false when nothing can without time passing. */
  async #goOn(): Promise<boolean> {
    // A store that takes real time: what it says comes first.
    if (this.#store.unanswered > 0) return true
    if (await this.#conditions.check(this.observations.version)) return true
    if (this.observations.boundaries.length > maxBoundaries) this.#giveUp()
    return this.#startBatch() || (await this.#processes.crossNext()) || this.onIdle()
  }

  #startBatch(): boolean {
    const { app } = this.#processes
    const batch = this.hub.take(app.process, this.clock.now())
    if (batch === undefined) return false
    app.work(batch).catch((error) => this.#fail(error))
    return true
  }

  #startFollower(key: RunKey): void {
    const random = new SeededRandom(this.#followers.length + 1)
    this.#followers.push(new Follower({ log: this.log, key, random, observations: this.observations }))
  }

  /** Nothing can happen now, so the next thing that time brings does. */
  async #letTimePass(): Promise<void> {
    const wait = this.clock.next
    const arrival = this.hub.nextArrival(this.clock.now())
    if (await this.#hearsFromOutside(this.#toOutsideWait())) return
    this.#world.watchers.giveUp()
    const next = Math.min(wait?.at ?? Infinity, arrival ?? Infinity, this.#nextSweepAt)
    this.clock.advanceTo(next)
    if (next === this.#nextSweepAt) this.#sweep()
  }

  /** How long, in real time, to wait for tools, models and stores that do real work; ms. */
  #toOutsideWait(): number {
    if (this.#world.watchers.areBehind) return storeWaitMs
    if (this.clock.hasSleepingProcess) return 0
    if (this.#processes.app.activity.busy > 0) return this.#realWaitMs
    return this.hub.isBusy ? storeWaitMs : 0
  }

  async #hearsFromOutside(waitMs: number): Promise<boolean> {
    const giveUpAt = performance.now() + waitMs
    while (performance.now() < giveUpAt) {
      await systemClock.sleep(1)
      if (this.#processes.hasPending || this.#store.unanswered > 0) return true
    }
    return false
  }

  #sweep(): void {
    this.#nextSweepAt = this.clock.now() + sweepIntervalMs
    this.#idleSweeps = this.#sweptVersion === this.observations.version ? this.#idleSweeps + 1 : 0
    this.#sweptVersion = this.observations.version
    const isAwaited = this.#isScriptDone || this.#conditions.awaited.length > 0
    if (this.#idleSweeps > maxIdleSweeps && isAwaited) {
      this.#giveUp()
      return
    }
    const { app } = this.#processes
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
    const { awaited } = this.#conditions
    const what = awaited.length === 0 ? 'accepted runs end' : awaited.join(', ')
    this.#fail(new Error(`Nothing happens any more, but the scenario waits until ${what}.`))
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
  }
}
