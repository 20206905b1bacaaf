import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findHarmfulSettings, readSetting } from '../core/harmful-settings.js'
import { parseHostJson } from '../core/host-json.js'
import type { JsonObject } from '../core/json.js'
import { parseTimeSpanMs } from '../core/time-span.js'

/** App settings, some of which replace members of host.json. */
type Settings = Readonly<Record<string, string | undefined>>

/** What in an app's host.json would hurt its agents, a sentence each; empty when all is well. */
export function checkHostJson(appDirectory: string, settings: Settings = process.env): readonly string[] {
  return findHarmfulSettings(readHostJson(appDirectory, settings))
}

/** No operation is to take longer, whatever the platform allows; and no timer of Node's is longer than some 24 days. */
const longestTimeoutMs = 24 * 3600 * 1000

/** The platform's time limit for one function call, in ms: `functionTimeout` of host.json, else the Consumption plan's 5 minutes. */
export function readFunctionTimeout(appDirectory: string, settings: Settings = process.env): number {
  const timeout = readSetting(readHostJson(appDirectory, settings), ['functionTimeout'])
  if (timeout === '-1' || timeout === -1) return longestTimeoutMs
  return Math.min(parseTimeSpanMs(String(timeout)) ?? 300_000, longestTimeoutMs)
}

function readHostJson(appDirectory: string, settings: Settings): JsonObject | undefined {
  try {
    return parseHostJson(readFileSync(join(appDirectory, 'host.json'), 'utf8'), settings)
  } catch {
    return undefined
  }
}
