import type { IncomingMessage } from 'node:http'
import { startsLikeObject } from './binding-data.js'
import type { ForwardedRequest } from './forwarded-request.js'
import { readContentLength } from './request-body.js'

/** What of a forwarded body binding data may look at; `lost` when the client left before it had sent all. */
export type ForwardedBody = Buffer | 'lost' | undefined

/**
 * Passes a request's body on. One of declared length that may be a JSON object is read whole first, as binding data needs
 * it; all others flow through. A chunked one that grows past `limitBytes` is given up, after `refuse`.
 */
export async function forwardBody(
  request: IncomingMessage,
  forwarded: ForwardedRequest,
  limitBytes: number,
  refuse: () => void,
): Promise<ForwardedBody> {
  const length = readContentLength(request)
  if (length !== undefined && length > 0) return forwardKnownLength(request, forwarded)
  if (length === undefined && request.headers['transfer-encoding'] !== undefined) {
    forwardChunks(request, forwarded, limitBytes, refuse)
  } else forwarded.end()
  return undefined
}

function forwardKnownLength(request: IncomingMessage, forwarded: ForwardedRequest): Promise<ForwardedBody> {
  return new Promise((resolve) => {
    const kept: Buffer[] = []
    destroyWhenLost(request, forwarded, () => resolve('lost'))
    request.on('data', function keep(chunk: Buffer) {
      if (kept.length > 0 || startsLikeObject(chunk)) {
        kept.push(chunk)
        return
      }
      request.off('data', keep)
      forwarded.write(chunk)
      request.pipe(forwarded)
      resolve(undefined)
    })
    request.once('end', () => {
      if (kept.length === 0) return
      const body = kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept)
      forwarded.end(body)
      resolve(body)
    })
  })
}

function forwardChunks(
  request: IncomingMessage,
  forwarded: ForwardedRequest,
  limitBytes: number,
  refuse: () => void,
): void {
  let received = 0
  request.on('data', function count(chunk: Buffer) {
    received += chunk.length
    if (received <= limitBytes) return
    request.off('data', count)
    request.unpipe(forwarded)
    request.resume()
    refuse()
    forwarded.destroy()
  })
  request.pipe(forwarded)
  destroyWhenLost(request, forwarded)
}

/** The function's reading then fails, as there is no end. */
function destroyWhenLost(request: IncomingMessage, forwarded: ForwardedRequest, onLost?: () => void): void {
  request.once('close', () => {
    if (request.complete) return
    forwarded.destroy()
    onLost?.()
  })
}
