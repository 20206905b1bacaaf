import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An HTTP error that a script asks for. */
export interface ScriptedError {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON, text as `text/html`. @default an error object as the API makes it */
  readonly body?: object | string
}

/** A server that is there until it is closed. */
export interface ListeningServer extends AsyncDisposable {
  /** Base address for clients, `http://127.0.0.1:<port>/v1`. */
  readonly url: string
  readonly port: number
  /** Breaks what is open and stops. */
  close(): Promise<void>
}

/** What came with a request. */
export interface RecordedCall<Body> {
  /** Path with query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Body
  /** How the exchange ended: `true` when the answer went out whole, `false` when the connection broke before. */
  readonly finished: Promise<boolean>
}

/** Answers on 127.0.0.1, at any free port unless one is given. An answer that throws breaks its connection. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  wanted = 0,
): Promise<ListeningServer> {
  const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: `http://127.0.0.1:${port}/v1`, port, close, [Symbol.asyncDispose]: close }
}

export function recordCall<Body>(
  { url = '', headers }: IncomingMessage,
  response: ServerResponse,
  body: Body,
): RecordedCall<Body> {
  const finished = new Promise<boolean>((resolve) => {
    response.once('close', () => resolve(response.writableFinished))
  })
  return { path: url, headers, body, finished }
}

export async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

export function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
}

export function sendJson(response: ServerResponse, status: number, value: object): void {
  send(response, status, 'application/json', JSON.stringify(value))
}

export function sendError(response: ServerResponse, { status, headers = {}, body }: ScriptedError): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (typeof body === 'string') send(response, status, 'text/html; charset=utf-8', body)
  else
    sendJson(
      response,
      status,
      body ?? createErrorBody(`The script says ${status}`, { code: `error_${status}` }),
    )
}

/** Wire: OpenAI API reference, "Error codes". */
export function createErrorBody(
  message: string,
  { code = null, param = null }: { readonly code?: string | null; readonly param?: string | null } = {},
): object {
  return { error: { message, type: 'invalid_request_error', param, code } }
}
