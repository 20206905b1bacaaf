import { hash } from 'node:crypto'

/** Three parts of this length, with what stands between them, stay within the 1,024 characters of a blob's name. */
const maxPartLength = 200

/**
 * A text as one part of a blob's name or of a Redis key: letters, digits, `-` and `_` as they are, every other byte of its UTF-8 form as
 * `~` and two hex digits. What would be longer than 200 characters becomes `~h` and its SHA-256. Different texts have
 * different parts. (Naming rules: Azure Storage REST API, "Naming and Referencing Containers, Blobs, and Metadata".)
 */
export function toNamePart(text: string): string {
  if (text.length <= maxPartLength && /^[\w-]*$/.test(text)) return text
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
  return `~h${hash('sha256', bytes)}`
}
