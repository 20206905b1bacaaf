import { isJsonObject, type JsonObject, type JsonValue } from './json.js'
import { parseTimeSpanMs } from './time-span.js'

/**
 * What of a parsed host.json would hurt the app's agents, a sentence each; empty when all is well.
 * Source: Durable Functions, host.json settings; the defaults are made for short operations.
 */
export function findHarmfulSettings(hostJson: JsonObject | undefined): readonly string[] {
  const durable = readSetting(hostJson, ['extensions', 'durableTask'])
  const warnings: string[] = []
  if (String(readSetting(durable, ['maxEntityOperationBatchSize'])) !== '1') {
    warnings.push(
      'host.json: set extensions.durableTask.maxEntityOperationBatchSize to 1. Otherwise queued messages of a session are committed, or repeated, together.',
    )
  }
  const storage = readSetting(durable, ['storageProvider'])
  if (hostJson !== undefined && isAzureStorage(readSetting(storage, ['type'])))
    warnings.push(...checkAzureStorage(storage))
  return warnings
}

/** Azure Storage keeps the task hub of an app that names nothing else. */
function isAzureStorage(type: JsonValue = 'AzureStorage'): boolean {
  return String(type).toLowerCase() === 'azurestorage'
}

function checkAzureStorage(storage: JsonValue | undefined): readonly string[] {
  const warnings: string[] = []
  if (toMs(readSetting(storage, ['maxQueuePollingInterval'])) > 2_000) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.maxQueuePollingInterval to 00:00:01. The first message after a pause otherwise waits up to 30 seconds.',
    )
  }
  if (toMs(readSetting(storage, ['controlQueueVisibilityTimeout'])) > 120_000) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.controlQueueVisibilityTimeout to 00:01:00. A run whose host died is otherwise taken up only after 5 minutes.',
    )
  }
  if (toMs(readSetting(storage, ['workItemQueueVisibilityTimeout'])) > 120_000) {
    warnings.push(
      'host.json: set extensions.durableTask.storageProvider.workItemQueueVisibilityTimeout to 00:01:00. An activity whose host died, such as a step of a workflow, is otherwise begun again only after 5 minutes.',
    )
  }
  return warnings
}

/** A member of a member of host.json; `undefined` where there is none. */
export function readSetting(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  const [name, ...rest] = path
  if (name === undefined) return value
  return isJsonObject(value) ? readSetting(readMember(value, name), rest) : undefined
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
