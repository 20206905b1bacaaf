import { createHash } from 'node:crypto'
import type { RunKey, SessionKey } from '../run/run-log.js'

/** Three parts of this length, with what stands between them, stay within the 1,024 characters of a blob's name. */
const maxPartLength = 200
const maxTurn = 9_999_999_999

/**
 * A text as one part of a blob's name: letters, digits, `-` and `_` as they are, every other byte of its UTF-8 form as
 * `~` and two hex digits. What would be longer than 200 characters becomes `~h` and its SHA-256. Different texts have
 * different parts. (Naming rules: Azure Storage REST API, "Naming and Referencing Containers, Blobs, and Metadata".)
 */
export function toNamePart(text: string): string {
  // Surrogates without their other half have no UTF-8 form of their own.
  if (/\p{Surrogate}/u.test(text)) return toHashPart(Buffer.from(text, 'utf16le'))
  const bytes = Buffer.from(text)
  const part = Array.from(bytes, toSafeByte).join('')
  return part.length > maxPartLength ? toHashPart(bytes) : part
}

function toSafeByte(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[A-Za-z0-9_-]/.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`
}

function toHashPart(bytes: Buffer): string {
  return `~h${createHash('sha256').update(bytes).digest('hex')}`
}

/** Where a session's run logs are. */
export function toSessionFolder({ agent, session }: SessionKey): string {
  return `runs/${toNamePart(agent)}/${toNamePart(session)}/`
}

function toRunPath(key: RunKey): string {
  return `${toNamePart(key.agent)}/${toNamePart(key.session)}/${toNamePart(key.run)}`
}

/** One append blob of a run's log; the first is 0. */
export function toSegmentName(key: RunKey, segment: number): string {
  return `runs/${toRunPath(key)}/log-${String(segment).padStart(6, '0')}`
}

/** The wishes about a run. */
export function toControlsName(key: RunKey): string {
  return `runs/${toRunPath(key)}/controls`
}

/** All markers of runs that have not ended. */
export const openFolder = 'open/'

/** The markers of a session's runs that have not ended. */
export function toOpenPrefix({ agent, session }: SessionKey): string {
  return `${openFolder}${toNamePart(agent)}/${toNamePart(session)}/`
}

export function toOpenName(key: RunKey): string {
  return `${openFolder}${toRunPath(key)}`
}

/** The index of a session's ended runs. */
export function toEndedPrefix({ agent, session }: SessionKey): string {
  return `ended/${toNamePart(agent)}/${toNamePart(session)}/`
}

/** Listed by name, the newest turn comes first. */
export function toEndedName(key: RunKey, turn: number): string {
  return `${toEndedPrefix(key)}${toInvertedTurn(turn)}/${toNamePart(key.run)}`
}

/** Ten digits that sort the other way round. */
export function toInvertedTurn(turn: number): string {
  return String(maxTurn - turn).padStart(10, '0')
}

/** All ended runs, in order of their ends. */
export const retiredFolder = 'retired/'

export function toRetiredName(key: RunKey, endedAt: number): string {
  return `${retiredFolder}${String(endedAt).padStart(15, '0')}/${toRunPath(key)}`
}

/** The records of an agent's sessions. */
export function toSessionsPrefix(agent: string): string {
  return `sessions/${toNamePart(agent)}/`
}

export function toSessionName({ agent, session }: SessionKey): string {
  return `${toSessionsPrefix(agent)}${toNamePart(session)}`
}
