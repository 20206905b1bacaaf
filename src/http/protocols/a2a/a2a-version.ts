import type { Call } from '../../route.js'
import { A2aError } from './a2a-errors.js'

/** The protocol's versions that are spoken here; they differ in the names of methods and states, and in the form of parts. */
export type A2aVersion = '1.0' | '0.3'

/** What a request may have in its query: a function key, and the version instead of its header. Source: A2A 1.0, section 3.6.1. */
export const knownParameters = ['code', 'A2A-Version']

/** Passes for a request that names no version, or one that is spoken here. @throws {A2aError} `VERSION_NOT_SUPPORTED`. */
export function checkVersion(call: Pick<Call, 'request' | 'url'>): void {
  const version = readVersion(call)
  if (version === '' || /^(1\.\d+|0\.3)(\.\d+)?$/.test(version)) return
  throw new A2aError(
    'VERSION_NOT_SUPPORTED',
    'invalid_request',
    `A2A-Version: "${version.slice(0, 40)}" is not spoken here, but 1.0 and 0.3 are.`,
  )
}

/** Whether a request asks for version 1.0; one that asks for none is of 0.3, as the specification has it. */
export function isNewest(call: Pick<Call, 'request' | 'url'>): boolean {
  return readVersion(call).startsWith('1.')
}

function readVersion({ request, url }: Pick<Call, 'request' | 'url'>): string {
  return (request.headers.get('a2a-version') ?? url.searchParams.get('A2A-Version') ?? '').trim()
}
