import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Webhooks } from './webhook-options.js'

/** Headers by their names. */
export type SecretHeaders = Readonly<Record<string, string>>

type Keys = Webhooks['keys']

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/** Headers that nobody can read or change who has not one of the app's webhook secrets: what a store may hold of them. Base64. */
export function sealHeaders(headers: SecretHeaders, [newest]: Keys): string {
  if (newest === undefined) throw new Error('There is no secret to seal with.')
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, toSealingKey(newest), iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(headers)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** The headers that were sealed by whichever of the secrets; `undefined` when it was by none of them. */
export function openHeaders(sealed: string, keys: Keys): SecretHeaders | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  for (const key of keys) {
    const text = open(bytes, key)
    if (text !== undefined) return JSON.parse(text)
  }
  return undefined
}

function open(bytes: Buffer, key: Buffer): string | undefined {
  const decipher = createDecipheriv(algorithm, toSealingKey(key), bytes.subarray(0, ivBytes))
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  try {
    const opened = [decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]
    return Buffer.concat(opened).toString()
  } catch {
    return undefined
  }
}

/** Another key than the one that signs. */
function toSealingKey(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', 'durable-agent-functions: headers of webhooks', 32))
}
