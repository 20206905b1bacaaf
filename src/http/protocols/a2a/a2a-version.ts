import { A2aError } from './a2a-errors.js'

/** The protocol's versions that are spoken here; they differ in the names of methods and states, and in the form of parts. */
export type A2aVersion = '1.0' | '0.3'

/** Passes for a request that names no version, or one that is spoken here. @throws {A2aError} `VERSION_NOT_SUPPORTED`. */
export function checkVersion(headers: Headers): void {
  const version = headers.get('a2a-version')?.trim() ?? ''
  if (version === '' || /^(1\.\d+|0\.3)(\.\d+)?$/.test(version)) return
  throw new A2aError(
    'VERSION_NOT_SUPPORTED',
    'invalid_request',
    `A2A-Version: "${version.slice(0, 40)}" is not spoken here, but 1.0 and 0.3 are.`,
  )
}

/** Whether a request asks for version 1.0 by its header; without one it is of 0.3, as the specification has it. */
export function isNewest(headers: Headers): boolean {
  return headers.get('a2a-version')?.trim().startsWith('1.') ?? false
}
