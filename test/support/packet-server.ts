import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers one request; `call` counts from 1. What it throws breaks the connection. */
export type PacketAnswer = (
  response: ServerResponse,
  request: IncomingMessage,
  call: number,
) => Promise<void> | void

export interface PacketServer extends AsyncDisposable {
  /** Base address for clients, `http://127.0.0.1:<port>/v1`. */
  readonly url: string
  /** How many connections there were. */
  connections(): number
}

/** A server on 127.0.0.1, or on the given address, whose answers are written by hand, packet by packet. */
export async function startPacketServer(answer: PacketAnswer, host = '127.0.0.1'): Promise<PacketServer> {
  let connections = 0
  let calls = 0
  const server = createServer({ noDelay: true }, async (request, response) => {
    calls += 1
    try {
      await answer(response, request, calls)
    } catch {
      response.destroy()
    }
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  const address = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${address}:${port}/v1`,
    connections: () => connections,
    [Symbol.asyncDispose]: close,
  }
}

/** Begins an answer of events. */
export function beginEvents(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
  response.flushHeaders()
}

/** A piece of a Chat Completions answer as an event. */
export function toChunkEvent(delta: object, finishReason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`
}

/** The last events of a Chat Completions answer. */
export const endEvents = `${toChunkEvent({}, 'stop')}data: [DONE]\n\n`
