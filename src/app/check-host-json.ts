import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseHostJson } from '../core/host-json.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js'
import { parseTimeSpanMs } from '../core/time-span.js'

/** App settings, some of which replace members of host.json. */
type Settings = Readonly<Record<string, string | undefined>>

/**
 * What in an app's host.json would hurt its agents, a sentence each; empty when all is well.
 * Source: Durable Functions, host.json settings; the defaults are made for short operations.
 */
export function checkHostJson(appDirectory: string, settings: Settings = process.env): readonly string[] {
  const hostJson = readHostJson(appDirectory, settings)
  const durable = read(hostJson, ['extensions', 'durableTask'])
  const warnings: string[] = []
  if (String(read(durable, ['maxEntityOperationBatchSize'])) !== '1') {
    warnings.push(
      'host.json: set extensions.durableTask.maxEntityOperationBatchSize to 1. Otherwise queued messages of a session are committed, or repeated, together.',
    )
  }
  const storage = read(durable, ['storageProvider'])
  if (hostJson !== undefined && isAzureStorage(read(storage, ['type'])))
    warnings.push(...checkAzureStorage(storage))
  return warnings
}

/** The platform's time limit for one function call, in ms: `functionTimeout` of host.json, else the Consumption plan's 5 minutes. */
export function readFunctionTimeout(appDirectory: string, settings: Settings = process.env): number {
  const timeout = read(readHostJson(appDirectory, settings), ['functionTimeout'])
  if (timeout === '-1' || timeout === -1) return 24 * 3600 * 1000
  return parseTimeSpanMs(String(timeout)) ?? 300_000
}

function readHostJson(appDirectory: string, settings: Settings): JsonObject | undefined {
  try {
    return parseHostJson(readFileSync(join(appDirectory, 'host.json'), 'utf8'), settings)
  } catch {
    return undefined
  }
}

/** Azure Storage keeps the task hub of an app that names nothing else. */
function isAzureStorage(type: JsonValue = 'AzureStorage'): boolean {
  return String(type).toLowerCase() === 'azurestorage'
}

function checkAzureStorage(storage: JsonValue | undefined): readonly string[] {
  const warnings: string[] = []
  if (toMs(read(storage, ['maxQueuePollingInterval'])) > 2_000) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.maxQueuePollingInterval to 00:00:01. The first message after a pause otherwise waits up to 30 seconds.',
    )
  }
  if (toMs(read(storage, ['controlQueueVisibilityTimeout'])) > 120_000) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.controlQueueVisibilityTimeout to 00:01:00. A run whose host died is otherwise taken up only after 5 minutes.',
    )
  }
  if (toMs(read(storage, ['workItemQueueVisibilityTimeout'])) > 120_000) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.workItemQueueVisibilityTimeout to 00:01:00. An activity whose host died, such as a step of a workflow, is otherwise begun again only after 5 minutes.',
    )
  }
  return warnings
}

function read(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  const [name, ...rest] = path
  if (name === undefined) return value
  return isJsonObject(value) ? read(readMember(value, name), rest) : undefined
}

/** Names of settings are compared as the host does it: ignoring case. */
function readMember(object: JsonObject, name: string): JsonValue | undefined {
  const key = Object.keys(object).find((member) => member.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : object[key]
}

/** Milliseconds of a time span; endless when it is missing, as the defaults are too long. */
function toMs(value: JsonValue | undefined): number {
  return parseTimeSpanMs(String(value)) ?? Number.POSITIVE_INFINITY
}
