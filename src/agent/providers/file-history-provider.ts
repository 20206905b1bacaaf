import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOptions, checkText } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { parseJson } from '../../core/json.js'
import { chatMessage } from '../../core/message-schema.js'
import type { ChatMessage } from '../../core/messages.js'
import type { AgentSession } from '../agent-session.js'
import type { HistoryProvider } from './history-provider.js'
import { toSessionFileName } from './session-file-name.js'

export interface FileHistoryProviderOptions {
  /** The folder; made when it is needed. */
  readonly path: string
  /** Writes what a run has added as one line of text, e.g. encrypted. @default JSON */
  readonly serialize?: ((record: HistoryRecord) => string | Promise<string>) | undefined
  /** Reads what `serialize` wrote. @default JSON */
  readonly deserialize?: ((line: string) => unknown) | undefined
}

/** One line of a history file: what one run added to the conversation. */
export interface HistoryRecord {
  readonly messages: readonly ChatMessage[]
}

/**
 * Keeps each conversation in a file of its own, `<path>/<session id>.jsonl`, one line for each run. A line that a crash
 * cut short is no line: it is dropped with the next one written. One process at a time may write a session.
 * Security: ids that would lead out of the folder are refused, but who may use which session is for you to check.
 *
 * @example
 * const agent = new Agent({ name: 'Support', client, history: new FileHistoryProvider({ path: './conversations' }) })
 * await agent.run('My order #4421 has not arrived.', { session: agent.createSession({ id: 'customer-9281' }) })
 */
export class FileHistoryProvider implements HistoryProvider {
  readonly #path: string
  readonly #serialize: (record: HistoryRecord) => string | Promise<string>
  readonly #deserialize: (line: string) => unknown
  readonly #writes = new Map<string, Promise<void>>()

  /** @throws {AgentError} `invalid_configuration` naming an option that there is not, or a missing path. */
  constructor(options: FileHistoryProviderOptions) {
    checkOptions('FileHistoryProvider', options, { path: true, serialize: true, deserialize: true })
    const { path, serialize = JSON.stringify, deserialize = parseJson } = options
    checkText('path', path)
    this.#path = path
    this.#serialize = serialize
    this.#deserialize = deserialize
  }

  /** @throws {AgentError} `invalid_request` for an id that cannot be a file's name, `unsupported_state` naming the line that cannot be read. */
  async load({ id }: AgentSession): Promise<readonly ChatMessage[]> {
    const file = this.#toFile(id)
    const lines = (await readText(file)).split('\n').slice(0, -1)
    const records = await Promise.all(lines.map((line, index) => this.#parse(line, file, index + 1)))
    return records.flatMap(({ messages }) => messages)
  }

  /** @throws {AgentError} `invalid_request` for an id that cannot be a file's name, `invalid_configuration` when `serialize` gives more than one line. */
  async append({ id }: AgentSession, messages: readonly ChatMessage[]): Promise<void> {
    const file = this.#toFile(id)
    const line = await this.#serialize({ messages })
    if (typeof line !== 'string' || /[\r\n]/.test(line) || line === '') {
      throw new AgentError(
        'invalid_configuration',
        'serialize must give one line of text that is not empty, without line breaks: encode it, e.g. as base64.',
      )
    }
    const write = (this.#writes.get(file) ?? Promise.resolve()).then(() => this.#write(file, line))
    const settled = write.catch(() => {})
    this.#writes.set(file, settled)
    await write.finally(() => this.#writes.get(file) === settled && this.#writes.delete(file))
  }

  async #write(file: string, line: string): Promise<void> {
    await mkdir(this.#path, { recursive: true })
    const handle = await open(file, 'a+')
    try {
      await dropTornLine(handle)
      await handle.appendFile(`${line}\n`)
      await handle.datasync()
    } finally {
      await handle.close()
    }
  }

  async #parse(line: string, file: string, number: number): Promise<HistoryRecord> {
    try {
      const record = await this.#deserialize(line)
      const { messages } = record as HistoryRecord
      return { messages: messages.map((message) => chatMessage.parse(message)) }
    } catch (cause) {
      const message = `Line ${number} of ${file} cannot be read as a part of a conversation. Was it written with another serialize, or another key?`
      throw new AgentError('unsupported_state', message, { cause })
    }
  }

  #toFile(id: string): string {
    return join(this.#path, toSessionFileName(id))
  }
}

/** A line that does not end was cut short by a crash. */
async function dropTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  const last = Buffer.alloc(1)
  if (size === 0) return
  await file.read(last, 0, 1, size - 1)
  if (last.toString() === '\n') return
  const whole = Buffer.alloc(size)
  await file.read(whole, 0, size, 0)
  await file.truncate(whole.lastIndexOf('\n') + 1)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
