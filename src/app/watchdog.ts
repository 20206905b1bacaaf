import { app } from '@azure/functions'
import * as df from 'durable-functions'
import { sweep } from '../session/watchdog/sweep.js'
import type { RouteServices } from './serve-route.js'

export interface WatchdogOptions {
  readonly sessionTtlMs?: number | undefined
  readonly runRetentionMs?: number | undefined
  readonly maxAttempts?: number | undefined
}

/** The name of the timer function. */
export const watchdogFunction = 'dafx-watchdog'

/** The log of a run that somebody works on moves more often than this; ms. */
const stallMs = 60_000

/**
 * Registers the timer function that looks once a minute for runs that stand still, so that recovery does not depend on a
 * queue's visibility time-out, and for sessions that have outlived their time.
 */
export function registerWatchdog(
  services: RouteServices,
  { sessionTtlMs, runRetentionMs, maxAttempts = 10 }: WatchdogOptions,
): void {
  app.timer(watchdogFunction, {
    schedule: '0 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      const { agents, log } = services
      const sessions = services.clients.get(context)
      const report = await sweep({
        log,
        agents,
        signal: (...operation) => sessions.entities.signal(...operation),
        stallMs,
        maxAttempts,
        sessionTtlMs,
        runRetentionMs,
        now: Date.now(),
      })
      const { signalled, givenUp, expired, forgotten } = report
      if (signalled + givenUp + expired + forgotten > 0) {
        context.info(
          `Watchdog: ${signalled} runs signalled again, ${givenUp} given up, ${expired} sessions expired, ${forgotten} logs deleted.`,
        )
      }
    },
  })
}
