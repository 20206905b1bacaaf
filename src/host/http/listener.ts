import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentError } from '../../core/errors.js'
import { writeEmpty } from './write-response.js'

/** Answers one request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

/** A bound port. Requests wait until the host is ready. */
export interface Listener {
  readonly port: number
  /** Answers what waited, in order of arrival, and everything from now on. */
  open(handler: RequestHandler): void
  /** Takes no new connections and waits up to `graceMs` for the answers under way, then breaks them. */
  close(graceMs: number): Promise<void>
}

/** Longest that a request waits for the host to start (Functions host: 30 seconds, then 503). */
const startupWaitMs = 30_000
/** Longest request line and total header size of the host's web server. */
const maxTargetLength = 8_192 - 'OPTIONS  HTTP/1.1'.length
const maxHeaderBytes = 32 * 1024

/**
 * Binds a port; 0 takes a free one. Security: 127.0.0.1 unless asked otherwise.
 * @throws {AgentError} `Port 7071 is unavailable. …` when another process has it; also for a port or an address that is not for us.
 */
export async function bindListener(port: number, address: string): Promise<Listener> {
  let handler: RequestHandler | undefined
  const waiting = new Set<() => void>()
  const server = createServer(
    { maxHeaderSize: maxHeaderBytes, keepAliveTimeout: 130_000 },
    (request, response) => {
      if ((request.url?.length ?? 0) > maxTargetLength) writeEmpty(response, 414)
      else if (handler !== undefined) handler(request, response)
      else waitForStart(response, waiting, () => handler?.(request, response))
    },
  )
  // A function may take as long over a body as its time limit allows.
  server.requestTimeout = 0
  await listen(server, port, address)
  return {
    port: (server.address() as AddressInfo).port,
    open(ready) {
      handler = ready
      for (const go of waiting) go()
      waiting.clear()
    },
    close: (graceMs) => closeServer(server, graceMs),
  }
}

function waitForStart(response: ServerResponse, waiting: Set<() => void>, answer: () => void): void {
  const timer = setTimeout(() => {
    waiting.delete(go)
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('Function host is not running.')
  }, startupWaitMs)
  timer.unref()
  function go(): void {
    clearTimeout(timer)
    if (!response.destroyed) answer()
  }
  waiting.add(go)
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(toListenError(error, port, address))
    })
    server.listen(port, address, () => resolve())
  })
}

function toListenError(cause: NodeJS.ErrnoException, port: number, address: string): Error {
  const message = describeListenError(cause.code, port, address)
  return message === undefined ? cause : new AgentError('invalid_configuration', message, { cause })
}

function describeListenError(code: string | undefined, port: number, address: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is unavailable. Close the process using that port, or specify another port using --port [-p].`
    case 'EACCES':
      return `Port ${port} is not allowed for this user. Specify another port using --port [-p], from 1024 upwards.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address '${address}'. Specify one of its own using --address, such as 127.0.0.1.`
    default:
      return undefined
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Connections that were busy become idle one by one, and Node would keep them for their keep-alive time.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  const limit = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(limit)
}
