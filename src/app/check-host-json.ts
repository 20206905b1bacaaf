import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type JsonValue, parseJson } from '../core/json.js'

/**
 * What in an app's host.json would hurt its agents, a sentence each; empty when all is well.
 * Source: Durable Functions, host.json settings; the defaults are made for short operations.
 */
export function checkHostJson(appDirectory: string): readonly string[] {
  const hostJson = readHostJson(appDirectory)
  const durable = read(hostJson, ['extensions', 'durableTask'])
  const warnings: string[] = []
  if (read(durable, ['maxEntityOperationBatchSize']) !== 1) {
    warnings.push(
      'host.json: set extensions.durableTask.maxEntityOperationBatchSize to 1. Otherwise queued messages of a session are committed, or repeated, together.',
    )
  }
  const storage = read(durable, ['storageProvider'])
  if (read(storage, ['type']) === 'AzureStorage') warnings.push(...checkAzureStorage(storage))
  return warnings
}

/** The platform's time limit for one function call, in ms: `functionTimeout` of host.json, else the Consumption plan's 5 minutes. */
export function readFunctionTimeout(appDirectory: string): number {
  const text = read(readHostJson(appDirectory), ['functionTimeout'])
  if (text === '-1' || text === -1) return 24 * 3600 * 1000
  const seconds = toSeconds(text)
  return (Number.isFinite(seconds) ? seconds : 300) * 1000
}

function readHostJson(appDirectory: string): JsonValue | undefined {
  try {
    return parseJson(readFileSync(join(appDirectory, 'host.json'), 'utf8'))
  } catch {
    return undefined
  }
}

function checkAzureStorage(storage: JsonValue | undefined): readonly string[] {
  const warnings: string[] = []
  if (toSeconds(read(storage, ['maxQueuePollingInterval'])) > 2) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.maxQueuePollingInterval to 00:00:01. The first message after a pause otherwise waits up to 30 seconds.',
    )
  }
  if (toSeconds(read(storage, ['controlQueueVisibilityTimeout'])) > 120) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.controlQueueVisibilityTimeout to 00:01:00. A run whose host died is otherwise taken up only after 5 minutes.',
    )
  }
  return warnings
}

function read(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  const [name, ...rest] = path
  if (name === undefined) return value
  return isJsonObject(value) ? read(value[name], rest) : undefined
}

/** Seconds of an `hh:mm:ss`; endless when it is missing, as the defaults are too long. */
function toSeconds(value: JsonValue | undefined): number {
  const [, hours, minutes, seconds] = /^(\d+):(\d+):(\d+)$/.exec(String(value)) ?? []
  return hours === undefined
    ? Number.POSITIVE_INFINITY
    : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
