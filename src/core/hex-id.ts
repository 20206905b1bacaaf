import { hash, randomUUID } from 'node:crypto'

/** 32 hexadecimal digits that nothing else has: a GUID without dashes, as the platform writes them. */
export function createHexId(): string {
  return randomUUID().replaceAll('-', '')
}

/** 32 hexadecimal digits that follow from a text, and from no other one. */
export function toHexId(text: string): string {
  return hash('sha256', text).slice(0, 32)
}
