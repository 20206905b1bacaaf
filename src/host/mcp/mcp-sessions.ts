import { createHmac, timingSafeEqual } from 'node:crypto'
import { createHexId } from '../../core/hex-id.js'

/** Makes and checks session ids. A session is nothing but its id: any process with the same key takes it. */
export interface McpSessions {
  create(): string
  isValid(id: string): boolean
}

/** Ids that carry a proof of having been made with the key; without a key, any well-formed one is taken. */
export function createMcpSessions(key: string | undefined): McpSessions {
  const sign = (id: string): string =>
    key === undefined ? '' : createHmac('sha256', key).update(id).digest('base64url')
  return {
    create: () => {
      const id = createHexId()
      return `${id}.${sign(id)}`
    },
    isValid: (text) => {
      const [, id, proof = ''] = /^([0-9a-f]{32})\.([\w-]*)$/.exec(text) ?? []
      if (id === undefined) return false
      const [given, wanted] = [Buffer.from(proof), Buffer.from(sign(id))]
      return key === undefined || (given.length === wanted.length && timingSafeEqual(given, wanted))
    },
  }
}
