import { availableParallelism } from 'node:os'
import { AgentError } from '../../core/errors.js'
import { isObject } from '../parse-json.js'

/** `extensions.blobs` of host.json with the platform's defaults (local-host-spec H.3). */
export interface BlobSettings {
  /** Blobs that one function works on at a time. @default 8 for each processor */
  readonly maxDegreeOfParallelism: number
  /** Tries until a blob is given up. @default 5 */
  readonly poisonBlobThreshold: number
}

/** Reads the parsed JSON. @throws {AgentError} `invalid_configuration`, naming the member and its value. */
export function parseBlobSettings(value: unknown): BlobSettings {
  const members = isObject(value) ? value : {}
  const readCount = (name: keyof BlobSettings, preset: number): number => {
    const given = members[name]
    if (given === undefined || given === null) return preset
    const count = Number(given)
    if (Number.isSafeInteger(count) && count >= 1) return count
    const message = `host.json extensions.blobs.${name} must be a whole number from 1, not ${JSON.stringify(given)}.`
    throw new AgentError('invalid_configuration', message)
  }
  return {
    maxDegreeOfParallelism: readCount('maxDegreeOfParallelism', 8 * availableParallelism()),
    poisonBlobThreshold: readCount('poisonBlobThreshold', 5),
  }
}
