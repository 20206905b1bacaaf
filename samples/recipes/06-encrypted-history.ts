import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Agent, type ChatClient, FileHistoryProvider, type HistoryRecord } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** AES-256-GCM: 12 bytes of nonce, 16 of tag, then the ciphertext, as one line of base64. */
export function createCipher(key: Uint8Array) {
  return {
    serialize(record: HistoryRecord): string {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const text = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    deserialize(line: string): unknown {
      const bytes = Buffer.from(line, 'base64')
      const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      cipher.setAuthTag(bytes.subarray(12, 28))
      return JSON.parse(cipher.update(bytes.subarray(28)).toString() + cipher.final().toString())
    },
  }
}

/** The conversation's file holds nothing that can be read without the key. */
export async function talkInSecret(client: ChatClient, path: string, key: Uint8Array): Promise<string> {
  const history = new FileHistoryProvider({ path, ...createCipher(key) })
  const agent = new Agent({ name: 'Confidant', client, history })
  const session = agent.createSession({ id: 'ann' })
  await agent.run('My PIN is 4711.', { session })
  const { text } = await agent.run('What did I just tell you?', { session })
  return text
}

if (process.argv[1] === import.meta.filename) {
  const hex = process.env.AGENT_HISTORY_KEY
  const key = hex === undefined ? randomBytes(32) : Buffer.from(hex, 'hex')
  process.stdout.write(`${await talkInSecret(createChatClientFromEnvironment(), './conversations', key)}\n`)
}
