import { toErrorMessage } from '../../core/errors.js'
import { formatTimeSpan } from '../../core/time-span.js'
import { setAlarm } from '../alarm.js'
import type { FunctionDefinition, FunctionInvoker } from '../functions.js'
import type { ExtensionLog } from '../host-extension.js'
import type { TriggerListener } from '../listen-for-each.js'
import type { ProcessLock } from '../process-lock.js'
import { withinGrace } from '../within-grace.js'
import { runWithRetry } from './run-with-retry.js'
import { resolveStatus, type ScheduleStatus, type StatusStore } from './schedule-status.js'
import { formatInstant, type TimeZone } from './time-zone.js'
import { type TimerBinding, toTimerInput } from './timer-binding.js'

export interface TimerListenerOptions {
  readonly definition: FunctionDefinition
  readonly binding: TimerBinding
  readonly invoker: FunctionInvoker
  readonly lock: ProcessLock
  readonly store: StatusStore
  readonly zone: TimeZone
  readonly log: ExtensionLog
}

/** How often a process that does not run a timer looks whether the one that does has ended. */
const takeoverMs = 500

/** Runs one timer function when it is due, never twice at a time, while this process holds its lock (WebJobs: TimerListener). */
export class TimerListener implements TriggerListener {
  readonly #options: TimerListenerOptions
  readonly #stopping = new AbortController()
  #cancelAlarm: () => void = () => {}
  #running: Promise<void> | undefined

  constructor(options: TimerListenerOptions) {
    this.#options = options
  }

  /**
   * Begins with the schedule, or waits until the process that runs this timer has ended.
   * @throws {AgentError} `store_unavailable` when the lock's file cannot be used.
   */
  start(): void {
    const { definition, lock, log } = this.#options
    if (lock.tryTake()) {
      this.#begin()
      return
    }
    log('information', `Function '${definition.name}' is run by another host process on this data folder.`)
    this.#waitForLock()
  }

  /** Begins no run any more, waits up to `graceMs` for the one under way, and lets other processes run the timer after that one. */
  async stop(graceMs: number): Promise<void> {
    const { lock } = this.#options
    this.#stopping.abort()
    this.#cancelAlarm()
    const ended = (this.#running ?? Promise.resolve()).then(() => lock.release())
    await withinGrace(ended, graceMs)
  }

  #waitForLock(): void {
    this.#setAlarm(Date.now() + takeoverMs, () => {
      if (this.#tryTakeLater()) this.#begin()
      else this.#waitForLock()
    })
  }

  #tryTakeLater(): boolean {
    const { lock, log } = this.#options
    try {
      return lock.tryTake()
    } catch (error) {
      log('error', toErrorMessage(error))
      return false
    }
  }

  #begin(): void {
    const { definition, binding, store, zone, log } = this.#options
    const { name } = definition
    const begunAt = Date.now()
    const status = resolveStatus(binding.useMonitor ? store.read() : undefined, binding.schedule, begunAt)
    const isPastDue = begunAt > status.next
    const isDueNow = isPastDue || binding.runOnStartup
    this.#remember(status)
    const why = isPastDue ? 'past due' : 'configured to run'
    if (isDueNow) log('information', `Function '${name}' is ${why} on startup. Executing now.`)
    const due = formatInstant(isDueNow ? binding.schedule.next(begunAt) : status.next, zone)
    const where = zone.name === undefined ? '' : ` (${zone.name})`
    log(
      'information',
      `Function '${name}' is due next at ${due}${where}, schedule '${binding.scheduleText}'.`,
    )
    this.#setAlarm(isDueNow ? begunAt : status.next, () => this.#run(status, isPastDue))
  }

  #setAlarm(at: number, ring: () => void): void {
    if (this.#stopping.signal.aborted) return
    this.#cancelAlarm = setAlarm(at, ring)
  }

  #run(status: ScheduleStatus, isPastDue: boolean): void {
    this.#running = this.#runOnce(status, isPastDue).finally(() => {
      this.#running = undefined
    })
  }

  /** What was due while the function ran is made up for by one run, at once (WebJobs: TimerListener). */
  async #runOnce(status: ScheduleStatus, isPastDue: boolean): Promise<void> {
    const { binding } = this.#options
    const startedAt = Date.now()
    // A run whose retries are cut off is not remembered, so that the next start makes up for it.
    if (!(await this.#attemptAll(startedAt, status, isPastDue))) return
    const after = { last: startedAt, next: binding.schedule.next(startedAt), lastUpdated: startedAt }
    this.#remember(after)
    this.#setAlarm(after.next, () => this.#run(after, false))
  }

  /** False when the stop came before the last attempt. */
  #attemptAll(startedAt: number, status: ScheduleStatus, isPastDue: boolean): Promise<boolean> {
    const { definition, binding, invoker, zone, log } = this.#options
    const input = toTimerInput({ status: binding.useMonitor ? status : undefined, isPastDue }, zone)
    const reason = `Timer fired at ${formatInstant(startedAt, zone)}`
    return runWithRetry({
      policy: binding.retry,
      attempt: (retryContext) => invoker.invoke(definition, { input, reason, retryContext }),
      signal: this.#stopping.signal,
      onWait: (delayMs, retry) => {
        const delay = formatTimeSpan(Math.round(delayMs))
        log('information', `Function '${definition.name}' failed; retry ${retry} follows in ${delay}.`)
      },
    })
  }

  #remember(status: ScheduleStatus): void {
    const { definition, binding, store, log } = this.#options
    try {
      if (binding.useMonitor) store.write(status)
    } catch (error) {
      const why = toErrorMessage(error)
      log('error', `The schedule status of function '${definition.name}' could not be written: ${why}`)
    }
  }
}
