import { availableParallelism } from 'node:os'
import { AgentError } from '../../core/errors.js'
import { parseTimeSpanMs } from '../../core/time-span.js'
import { type CountRange, parseCountSetting } from '../settings/count-setting.js'
import { toObject, type UncheckedObject } from '../unchecked-object.js'

/** `extensions.queues` of host.json with the platform's defaults. */
export interface QueueSettings {
  /** Messages per poll, 1-32. @default 16 */
  readonly batchSize: number
  /** The next poll follows when no more than so many messages are being worked on. @default half a batch for each processor */
  readonly newBatchThreshold: number
  /** Tries until a message goes to the poison queue. @default 5 */
  readonly maxDequeueCount: number
  /** Wait after a failed run, in milliseconds. @default 0 */
  readonly visibilityTimeoutMs: number
  /** Longest wait between polls of an empty queue, in milliseconds. @default 2000, as in every development environment */
  readonly maxPollingIntervalMs: number
  /** How message texts are encoded in the queue. @default 'base64' */
  readonly messageEncoding: 'base64' | 'none'
}

const longestMs = 7 * 86_400_000

/** Reads the parsed JSON. @throws {AgentError} `invalid_configuration`, naming the member and its value. */
export function parseQueueSettings(value: unknown): QueueSettings {
  const members = toObject(value)
  const parseCount = (name: keyof QueueSettings, range?: CountRange) =>
    parseCountSetting(`extensions.queues.${name}`, members[name], range)
  const batchSize = parseCount('batchSize', { most: 32 }) ?? 16
  return {
    batchSize,
    newBatchThreshold:
      parseCount('newBatchThreshold', { least: 0 }) ?? Math.floor(batchSize / 2) * availableParallelism(),
    maxDequeueCount: parseCount('maxDequeueCount') ?? 5,
    visibilityTimeoutMs: parseTime(members, 'visibilityTimeout', 0) ?? 0,
    maxPollingIntervalMs: parseTime(members, 'maxPollingInterval', 100) ?? 2_000,
    messageEncoding: parseEncoding(members.messageEncoding),
  }
}

function parseTime(members: UncheckedObject, name: string, least: number): number | undefined {
  const value = members[name]
  if (value === undefined || value === null) return undefined
  const ms = typeof value === 'string' ? parseTimeSpanMs(value) : undefined
  if (ms !== undefined && ms >= least && ms <= longestMs) return ms
  throw invalid(name, value, 'a time such as "00:00:02", at most 7 days')
}

function parseEncoding(value: unknown): QueueSettings['messageEncoding'] {
  if (value === undefined || value === null) return 'base64'
  const encoding = String(value).toLowerCase()
  if (encoding === 'base64' || encoding === 'none') return encoding
  throw invalid('messageEncoding', value, '"base64" or "none"')
}

function invalid(name: string, value: unknown, rule: string): AgentError {
  const message = `host.json extensions.queues.${name} must be ${rule}, not ${JSON.stringify(value)}.`
  return new AgentError('invalid_configuration', message)
}
