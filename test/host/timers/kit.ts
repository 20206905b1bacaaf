import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type {
  BindingInfo,
  FunctionDefinition,
  InvocationOutcome,
  RetryContext,
} from '../../../src/host/functions.js'
import type { HostExtension } from '../../../src/host/host-extension.js'
import { createTimerExtension } from '../../../src/host/timers/timer-extension.js'
import { createTempFolder } from '../../support/temp-folder.js'

/** What the app gets to see, before the library makes the keys start in lower case. */
export interface TimerInput {
  readonly Schedule: unknown
  readonly ScheduleStatus: {
    readonly Last: string
    readonly Next: string
    readonly LastUpdated: string
  } | null
  readonly IsPastDue: boolean
}

/** An invocation that waits for the test to say how it ends. */
export interface Run {
  readonly name: string
  /** UTC time of day, or the whole ISO time on other days than 2026-01-01. */
  readonly at: string
  readonly input: TimerInput
  readonly retryContext: RetryContext | undefined
  succeed(): Promise<void>
  fail(message?: string): Promise<void>
}

export interface TestTimers {
  readonly extension: HostExtension
  readonly runs: Run[]
  readonly logs: string[]
  stop(graceMs?: number): Promise<void>
}

/** Stops the clock at midnight UTC, 1 January 2026; the test moves it. */
export function stopClock(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'Date'],
    now: Date.parse('2026-01-01T00:00:00Z'),
  })
  onTestFinished(() => void vi.useRealTimers())
}

/** Moves the clock on, letting happen what is due. */
export async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000)
}

export function toTimer(
  name: string,
  options: Record<string, unknown>,
  retryOptions?: Record<string, unknown>,
) {
  const trigger: BindingInfo = { type: 'timerTrigger', name: 'timer', direction: 'in', ...options }
  const definition: FunctionDefinition = {
    name,
    trigger,
    bindings: { timer: trigger },
    disabled: false,
    retryOptions,
  }
  return definition
}

/** The extension of one host process, with the trigger options of its timers by function name. */
export async function startTimers(
  functions: readonly FunctionDefinition[],
  dataDir = createTempFolder(),
): Promise<TestTimers> {
  const runs: Run[] = []
  const logs: string[] = []
  const extension = createTimerExtension({
    dataDir,
    timeZone: 'UTC',
    log: (_, message) => void logs.push(message),
  })
  await extension.start(functions, {
    invoke: ({ name }, { input, retryContext }) =>
      new Promise((resolve) => {
        const end = async (outcome: InvocationOutcome): Promise<void> => {
          resolve(outcome)
          await pass(0)
        }
        runs.push({
          name,
          at: new Date().toISOString().replace(/^2026-01-01T|\.000Z$/g, ''),
          input: JSON.parse('json' in input ? input.json : ''),
          retryContext,
          succeed: () => end({ succeeded: true, returnValue: undefined, outputs: {} }),
          fail: (message = 'broken') =>
            end({ succeeded: false, message, stack: 'at app.js:1', timedOut: false }),
        })
      }),
  })
  const stop = async (graceMs = 0): Promise<void> => {
    const stopping = extension.stop(graceMs)
    if (graceMs === 0) await pass(0)
    await stopping
  }
  onTestFinished(async () => {
    const stopping = extension.stop(1000)
    for (const run of runs) await run.succeed()
    await stopping
  })
  return { extension, runs, logs, stop }
}

/** The file that holds a timer's schedule status. */
export function openStatus(dataDir: string, name: string) {
  const file = join(dataDir, 'timers', `${name}.json`)
  return {
    read: (): unknown => JSON.parse(readFileSync(file, 'utf8')),
    write: (text: string) => writeFileSync(file, text),
  }
}
