import type { ChatMessage } from '../core/messages.js'

/**
 * Makes an id for a tool call whose model gave it none. The same call in an answer to the same conversation always
 * gets the same id, and calls of different turns get different ones.
 */
export function createCallId(conversation: readonly ChatMessage[], index: number): string {
  return `call_${toDigest(JSON.stringify(conversation))}_${index}`
}

// FNV-1a, 64 bits: ids need to differ, not to resist anyone.
function toDigest(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n)
  }
  return hash.toString(36)
}
