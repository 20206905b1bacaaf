import { createHash } from 'node:crypto'
import type { HistoryRow } from '../../hub/instance-table.js'
import type { Decision, UnnumberedDecision } from '../decision.js'
import { isDecisionRecord } from '../history/decision-record.js'
import { splitEpisodes } from '../history/history-episodes.js'
import { eventTypes } from '../history/history-event.js'
import type { OrchestratorAction } from '../orchestrator/orchestrator-action.js'
import { EventListeners } from './event-listeners.js'
import { checkMissing, checkRecorded } from './non-determinism.js'
import { createTask, endTask, type ReplayTask, startTask, type TaskBook } from './replay-task.js'

export interface ReplayOptions {
  /** Which execution of an orchestration; what it makes ids of. */
  readonly execution: string
  /** Everything that the orchestrator has asked for, as it said after it had seen `history` and `news`. */
  readonly actions: readonly OrchestratorAction[]
  /** How long to wait before asking an address again that does not say so itself, in milliseconds. */
  readonly httpPollMs: number
  /** What is committed. */
  readonly history: readonly HistoryRow[]
  /** The start of the new episode and its events. */
  readonly news: readonly HistoryRow[]
}

/** What a replay has found out. */
export interface ReplayResult {
  /** What is to be set going now, in the order of its numbers. */
  readonly decisions: readonly Decision[]
  /** Numbers of timers that nobody waits for any more. */
  readonly canceledTimers: readonly number[]
  /** True while something that was scheduled has not ended; events and entities do not count. */
  readonly hasOpenTasks: boolean
  /** JSON text of the next execution's input, when there is to be one. */
  readonly next: { readonly input: string | null } | undefined
  /**
   * Set when only a shorter batch tells for sure: then so many of the new events, without the episode's start, are to be
   * handled by themselves first.
   */
  readonly cutAfter: number | undefined
  /** About things that do not work in Azure either; each as a half sentence. */
  readonly warnings: readonly string[]
}

/**
 * Goes through an orchestration's history together with the actions that its function answers with, and numbers tasks
 * as the client library has done in the app: histories refer to tasks by number only.
 * @throws {NonDeterministicError} when the history tells of other tasks than the actions.
 */
export function replay(options: ReplayOptions): ReplayResult {
  return new Replay(options).run()
}

interface OpenTask {
  readonly decision: Decision
  readonly task: ReplayTask
  readonly isCanceled: boolean
}

class Replay implements TaskBook {
  readonly #options: ReplayOptions
  readonly #recorded: ReadonlyMap<number, HistoryRow>
  /** By number; calls and locks also by the name of the event that answers them. */
  readonly #open = new Map<number, OpenTask>()
  readonly #requests = new Map<string, number>()
  readonly #events = new EventListeners()
  readonly #decisions: Decision[] = []
  readonly #warnings: string[] = []
  #nextNumber = 0
  #nextAction = 0
  #current: ReplayTask | undefined
  #next: { readonly input: string | null } | undefined
  #now = 0
  /** Index among the new events of the one that is being handled; -1 before that. */
  #position = -1
  #isWalking = false
  /** How many actions are older than the new events. */
  #knownActions = 0
  /** True while the next action is put off, as the orchestrator had not asked for it yet at this point of its history. */
  #isHeld = false
  #firstNumberedByEvent: number | undefined
  #firstNewAction: number | undefined

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#recorded = new Map(options.history.filter(isDecisionRecord).map((row) => [row.task, row]))
  }

  run(): ReplayResult {
    const { actions, history, news } = this.#options
    const episodes = splitEpisodes(history)
    this.#knownActions = episodes.at(-1)?.end.task ?? 0
    let known = 0
    for (const episode of episodes) {
      this.#walk(known)
      for (const event of episode.rows) this.#play(event, episode.end.task)
      known = episode.end.task
    }
    checkMissing(this.#recorded, this.#nextNumber)
    this.#walk(known)
    for (const [index, event] of news.entries()) {
      this.#position = index
      this.#play(event, actions.length)
    }
    return {
      decisions: this.#decisions.sort((a, b) => a.number - b.number),
      canceledTimers: [...this.#open].filter(([, { isCanceled }]) => isCanceled).map(([number]) => number),
      hasOpenTasks: [...this.#open.values()].some(isWaitedFor),
      next: this.#next,
      cutAfter: this.#findCut(news),
      warnings: this.#warnings,
    }
  }

  /** Nothing new is asked for before the first event of an episode, and then as much as was known at its end. */
  #play(event: HistoryRow, actionCount: number): void {
    this.#feed(event)
    if (event.type !== eventTypes.orchestratorStarted) this.#walk(actionCount)
  }

  /** Begins one action after the other, each when the one before has ended. */
  #walk(limit: number): void {
    this.#isWalking = true
    while (this.#nextAction < limit && this.#canGoOn()) {
      const action = this.#options.actions[this.#nextAction]
      this.#nextAction += 1
      if (action === undefined) break
      if (this.#position >= 0) this.#firstNewAction ??= this.#position
      this.#begin(action)
    }
    this.#isWalking = false
    this.#isHeld = this.#nextAction < this.#options.actions.length && this.#canGoOn()
  }

  #canGoOn(): boolean {
    return this.#current?.state !== 'open' && this.#next === undefined
  }

  #begin(action: OrchestratorAction): void {
    switch (action.type) {
      case 'signal': {
        const { entity, operation, input } = action
        this.schedule({ kind: 'signal', requestId: this.createRequestId(), entity, operation, input })
        break
      }
      case 'release':
        this.#release()
        break
      case 'continueAsNew':
        this.#next = { input: action.input }
        break
      default:
        this.#current = startTask(action, this)
    }
  }

  /** The lock that is held is the newest one. */
  #release(): void {
    const begun = this.#options.actions.slice(0, this.#nextAction - 1)
    const lock = begun.findLast((action) => action.type === 'lock')
    for (const entity of lock?.entities ?? []) {
      this.schedule({ kind: 'release', requestId: lock?.requestId ?? '', entity })
    }
  }

  #feed(event: HistoryRow): void {
    switch (event.type) {
      case eventTypes.orchestratorStarted:
        this.#now = Date.parse(event.name)
        break
      case eventTypes.taskCompleted:
      case eventTypes.subOrchestrationCompleted:
      case eventTypes.timerFired:
        this.#end(event.task, 'completed', event)
        break
      case eventTypes.taskFailed:
      case eventTypes.subOrchestrationFailed:
        this.#end(event.task, 'failed', event)
        break
      case eventTypes.eventRaised:
        this.#raise(event)
    }
  }

  #end(number: number, state: 'completed' | 'failed', event: HistoryRow): void {
    const open = this.#open.get(number)
    if (open === undefined) return
    this.#open.delete(number)
    const readsResult = open.decision.kind === 'http' && state === 'completed'
    endTask(open.task, state, readsResult ? readResult(event) : undefined)
  }

  #raise(event: HistoryRow): void {
    const request = this.#requests.get(event.name)
    if (request !== undefined) {
      this.#end(request, 'completed', event)
      return
    }
    this.#events.raise(event.name)
  }

  get httpPollMs(): number {
    return this.#options.httpPollMs
  }

  now(): number {
    return this.#now
  }

  listen(eventName: string): ReplayTask {
    return this.#events.listen(eventName)
  }

  schedule(decision: UnnumberedDecision, isCanceled = false): ReplayTask {
    return this.#schedule({ ...decision, number: this.#takeNumber() }, isCanceled)
  }

  reserve(): (decision: UnnumberedDecision) => ReplayTask {
    const number = this.#takeNumber()
    return (decision) => this.#schedule({ ...decision, number }, false)
  }

  #takeNumber(): number {
    if (this.#position >= 0 && !this.#isWalking) this.#firstNumberedByEvent ??= this.#position
    if (this.#isHeld && !this.#isWalking && this.#nextAction >= this.#knownActions) this.#warnOfReturn()
    this.#nextNumber += 1
    return this.#nextNumber - 1
  }

  #schedule(decision: Decision, isCanceled: boolean): ReplayTask {
    const { number } = decision
    const recorded = this.#recorded.get(number)
    if (recorded) checkRecorded(decision, recorded)
    else this.#decisions.push(decision)
    const task = createTask()
    if (decision.kind === 'signal' || decision.kind === 'release') return task
    this.#open.set(number, { decision, task, isCanceled })
    if (decision.kind === 'call' || decision.kind === 'lock') this.#requests.set(decision.requestId, number)
    return task
  }

  /** A version 5 UUID's bits, out of what never changes (RFC 9562, 5.5). */
  createRequestId(): string {
    const hash = createHash('sha1').update(`${this.#options.execution}:${this.#nextNumber}`).digest('hex')
    return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
  }

  createInstanceId(): string {
    return `${this.#options.execution}:${this.#nextNumber}`
  }

  warn(message: string): void {
    if (this.#position >= 0) this.#warnings.push(message)
  }

  /** The platform does not put the action off: its numbers differ from here on. Told once, when the action is new. */
  #warnOfReturn(): void {
    const warning =
      'it has come back to a task that is tried again or asked for again, after another one had won; Azure fails it as non-deterministic'
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning)
  }

  /**
   * An orchestrator may have come back to a task of an earlier action, which its actions do not show. Then it is unclear
   * which of several new events it waited for before it went on: of those up to the first that can have mattered, it is not.
   */
  #findCut(news: readonly HistoryRow[]): number | undefined {
    const [byEvent, byAction] = [this.#firstNumberedByEvent, this.#firstNewAction]
    const positions = [byEvent, byAction].filter((position) => position !== undefined)
    const first = Math.min(...positions)
    if (!Number.isFinite(first) || first >= news.length - 1) return undefined
    const isMixed = byEvent !== undefined && byAction !== undefined
    return isMixed || this.#next !== undefined ? first : undefined
  }
}

/** What an orchestration waits for before it ends, besides its own function. */
function isWaitedFor({ decision, isCanceled }: OpenTask): boolean {
  return decision.kind !== 'call' && decision.kind !== 'lock' && !isCanceled
}

function readResult({ event }: HistoryRow): string | undefined {
  const { Result } = JSON.parse(event) as { Result?: unknown }
  return typeof Result === 'string' ? Result : undefined
}
