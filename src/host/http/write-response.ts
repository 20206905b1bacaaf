import type { ServerResponse } from 'node:http'

/** Ends a response with a status and nothing else. */
export function writeEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 || status === 304 ? undefined : { 'content-length': 0 })
  response.end()
}

/** Ends a response with a text. */
export function writeText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

/** Ends a response with a value as JSON. */
export function writeJson(response: ServerResponse, value: unknown, status = 200): void {
  writeText(response, status, JSON.stringify(value), 'application/json; charset=utf-8')
}
