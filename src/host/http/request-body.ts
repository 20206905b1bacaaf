import type { IncomingMessage } from 'node:http'
import { AgentError, hasCode } from '../../core/errors.js'
import { findSetting, type Settings } from '../settings/setting-names.js'

const limitSetting = 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'

/** Largest request body in bytes unless `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT` says otherwise (Functions host: 100 MiB). */
export const defaultBodyLimitBytes = 104_857_600

/** @throws {AgentError} `invalid_configuration` when the setting is no number of bytes. */
export function readBodyLimit(settings: Settings): number {
  const text = findSetting(settings, limitSetting)
  if (text === undefined || text === '') return defaultBodyLimitBytes
  const limit = Number(text)
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  const message = `${limitSetting} must be a whole number of bytes of at least 1, not ${JSON.stringify(text)}.`
  throw new AgentError('invalid_configuration', message)
}

/** The declared length of the body; undefined when it is chunked or absent. */
export function readContentLength(request: IncomingMessage): number | undefined {
  const text = request.headers['content-length']
  return text === undefined ? undefined : Number(text)
}

/** Whether it says that the client has gone away: nobody waits for an answer, and nothing is wrong with the host. */
export function isRequestClosed(error: unknown): boolean {
  return hasCode(error, 'request_closed')
}

/** Reads a whole body, however long it is. @throws {AgentError} `request_closed` when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  await receive(request, (chunk) => chunks.push(chunk))
  return join(chunks)
}

/** Reads a whole body, chunked or not; `undefined` when it is longer than `limitBytes`. @throws {AgentError} as {@link readBody}. */
export async function readLimitedBody(
  request: IncomingMessage,
  limitBytes = defaultBodyLimitBytes,
): Promise<Buffer | undefined> {
  if ((readContentLength(request) ?? 0) > limitBytes) return undefined
  const chunks: Buffer[] = []
  let length = 0
  await receive(request, (chunk) => {
    length += chunk.length
    if (length <= limitBytes) chunks.push(chunk)
    else chunks.length = 0
  })
  return length > limitBytes ? undefined : join(chunks)
}

function receive(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (cause?: Error): void => {
      const message = 'The client closed the connection before it had sent the body.'
      reject(new AgentError('request_closed', message, { cause }))
    }
    request.on('data', take)
    request.once('end', resolve)
    request.once('error', giveUp)
    request.once('close', () => giveUp())
  })
}

function join(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}
