import { availableParallelism } from 'node:os'
import { parseCountSetting } from '../settings/count-setting.js'
import { toObject } from '../unchecked-object.js'

/** `extensions.blobs` of host.json with the platform's defaults. */
export interface BlobSettings {
  /** Blobs that one function works on at a time. @default 8 for each processor */
  readonly maxDegreeOfParallelism: number
  /** Tries until a blob is given up. @default 5 */
  readonly poisonBlobThreshold: number
}

/** Reads the parsed JSON. @throws {AgentError} `invalid_configuration`, naming the member and its value. */
export function parseBlobSettings(value: unknown): BlobSettings {
  const members = toObject(value)
  const parse = (name: keyof BlobSettings) => parseCountSetting(`extensions.blobs.${name}`, members[name])
  return {
    maxDegreeOfParallelism: parse('maxDegreeOfParallelism') ?? 8 * availableParallelism(),
    poisonBlobThreshold: parse('poisonBlobThreshold') ?? 5,
  }
}
