import type { IncomingMessage } from 'node:http'

/** Largest request body in bytes unless `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT` says otherwise (Functions host: 100 MiB). */
export const defaultBodyLimitBytes = 104_857_600

/** The declared length of the body; undefined when it is chunked or absent. */
export function readContentLength(request: IncomingMessage): number | undefined {
  const text = request.headers['content-length']
  return text === undefined ? undefined : Number(text)
}

/** Reads a whole body of known length. @throws {Error} when the client goes away. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () =>
      reject(new Error('The client closed the connection before it had sent the body.')),
    )
  })
}
