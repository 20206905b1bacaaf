import type { Clock } from '../../core/clock.js'
import type { RunEvent } from '../../run/events.js'
import type { RunLog } from '../../run/run-log.js'
import type { StoredState } from '../../session/state/stored-state.js'
import type { ToolExecution } from '../engine/observations.js'
import type { VirtualClock } from '../engine/virtual-clock.js'
import type { AgentFactory, AppSettings, EntityFactory } from '../engine/world.js'
import type { TestSession } from '../test-session.js'

/** What an agent is, and what its users do. */
export interface Scenario {
  /**
   * Makes the agent; called again after each crash, as a new process loads the app again. Its model has to go by the
   * conversation (see `conversation`): a call whose answer was not recorded is made again, and must then be answered alike.
   */
  readonly agent: AgentFactory
  /** What users do; assertions in it hold in every run. What it leaves unawaited goes on while nothing is lost by that. */
  readonly play: (session: TestSession, stage: Stage) => Promise<void>
  /** Looks at what came of each run, the undisturbed one included. */
  readonly check?: ((outcome: ScenarioOutcome) => void | Promise<void>) | undefined
}

/** What a script has besides its session. */
export interface Stage {
  readonly clock: VirtualClock
  /** A session of the same app: of the first agent, unless another one is named. */
  session(id: string, agent?: string): TestSession
}

/** What came of one run of a scenario. */
export interface ScenarioOutcome {
  /** What the first session's entity holds. */
  readonly state: StoredState | undefined
  /** The events of each run, by correlation id. */
  readonly events: ReadonlyMap<string, readonly RunEvent[]>
  /** Every execution of a tool, in order. */
  readonly executions: readonly ToolExecution[]
  readonly modelCalls: number
  /** Whether this is the run in which nothing went wrong. */
  readonly isUndisturbed: boolean
}

export interface CrashOptions extends AppSettings {
  /** Opens an empty run log for each run; it is closed afterwards. @default memory */
  readonly log?: ((clock: Clock) => RunLog | Promise<RunLog>) | undefined
  /**
   * Whether every run must leave the state that the undisturbed one leaves. Set it to false when the outcome depends on who
   * is faster, as with a cancellation. @default true
   */
  readonly isSameState?: boolean | undefined
  /** What the human says who is asked about a call whose outcome is unknown. @default 'approve' */
  readonly unknownOutcome?: 'approve' | 'reject' | undefined
  /** How many pairs of disturbances to try, chosen by `seed`. @default 20 */
  readonly pairs?: number | undefined
  /** How often to run it with everything in random order, messages late and twice, and stale reads. @default 20 */
  readonly shuffles?: number | undefined
  /** Which part of the single disturbances to try, chosen by `seed`; above 0, up to 1. @default 1 */
  readonly sample?: number | undefined
  /** Decides which disturbances are tried where not all are; the error names it. @default 1 */
  readonly seed?: number | undefined
  /** As in host.json: the longest time of one operation; ms. @default 600,000 */
  readonly functionTimeoutMs?: number | undefined
  /** As in host.json. @default 1 */
  readonly maxEntityOperationBatchSize?: number | undefined
  /** How long, in real time, tools and models may be silent before virtual time passes; ms. @default 20 */
  readonly realWaitMs?: number | undefined
  /** The entity to test. @default the one that `AgentFunctionApp` registers */
  readonly entity?: EntityFactory | undefined
}

/** How much was tried. */
export interface CrashReport {
  /** Boundaries that the undisturbed run crossed: places to crash at. */
  readonly crashPoints: number
  /** How often the scenario was run. */
  readonly runs: number
}
