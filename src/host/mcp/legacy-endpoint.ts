import type { IncomingMessage, ServerResponse } from 'node:http'
import { readLimitedBody } from '../http/request-body.js'
import { parseTarget, readHeaders } from '../http/request-url.js'
import { writeEmpty, writeText } from '../http/write-response.js'
import { type AnswerOptions, answerMessage, eventHeaders, isJson, toEvent } from './answer-message.js'
import { parseRpcMessage, type RpcMessage } from './json-rpc.js'
import type { McpSessions } from './mcp-sessions.js'
import type { McpSettings } from './mcp-settings.js'

export interface LegacyEndpointOptions extends AnswerOptions {
  readonly sessions: McpSessions
  readonly settings: McpSettings
}

/** The two halves of the transport that streamable HTTP has replaced. */
export interface LegacyEndpoint {
  /** Keeps a stream open, on which the client is told where to send messages, and gets the answers. */
  listen(request: IncomingMessage, response: ServerResponse): void
  /** Takes one message, which is answered on the client's stream. */
  receive(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Ends all streams. */
  close(): void
}

/** A client that listens. */
interface Session {
  readonly stream: ServerResponse
  /** What the client has said of itself. */
  clientInfo: unknown
}

/** Query parameter that holds the session's id (MCP extension: McpConstants). */
const stateParameter = 'azmcpcs'

/** The transport of HTTP with SSE, whose sessions live in this process (modelcontextprotocol.io 2024-11-05: transports; MCP extension: SseRequestHandler). */
export function createLegacyEndpoint(options: LegacyEndpointOptions): LegacyEndpoint {
  const { sessions, settings } = options
  const open = new Map<string, Session>()

  return {
    listen(request, response) {
      if (request.method !== 'GET') return writeEmpty(response, 405)
      const id = sessions.create()
      open.set(id, { stream: response, clientInfo: undefined })
      response.once('close', () => open.delete(id))
      response.writeHead(200, eventHeaders)
      response.write(toEvent('endpoint', toMessageUrl(request, id, settings)))
    },
    async receive(request, response) {
      if (request.method !== 'POST') return writeEmpty(response, 405)
      const id = new URLSearchParams(parseTarget(request).search).get(stateParameter)
      if (id === null) return refuse(response, 'Missing service context.')
      if (!sessions.isValid(id)) return refuse(response, 'Invalid client state.')
      const session = open.get(id)
      if (session === undefined) return refuse(response, `No active session for client '${id}'.`)
      if (!isJson(request)) return writeEmpty(response, 415)
      const body = await readLimitedBody(request)
      if (body === undefined) return writeEmpty(response, 413)
      const message = parseRpcMessage(body.toString('utf8'))
      if (message === undefined) return refuse(response, 'No message in request body.')
      writeText(response, 202, 'Accepted')
      if (message.method === 'initialize') session.clientInfo = message.params.clientInfo
      await answer(session, id, message, readHeaders(request))
    },
    close() {
      for (const { stream } of open.values()) stream.end()
    },
  }

  async function answer(
    { stream, clientInfo }: Session,
    sessionId: string,
    message: RpcMessage,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (message.id === undefined || message.method === undefined) return
    const caller = { transport: 'http-sse', sessionId, clientInfo, headers } as const
    const event = await answerMessage(options, message, caller)
    if (!stream.destroyed) stream.write(event)
  }
}

/** Relative to the stream's own URL unless the settings say otherwise; with the key that the stream was opened with. */
function toMessageUrl(
  request: IncomingMessage,
  id: string,
  { useAbsoluteUriForEndpoint }: McpSettings,
): string {
  const { path, search } = parseTarget(request)
  const key = new URLSearchParams(search).get('code') ?? request.headers['x-functions-key']
  const code = typeof key === 'string' ? `&code=${encodeURIComponent(key)}` : ''
  const relative = `message?${stateParameter}=${id}${code}`
  if (!useAbsoluteUriForEndpoint) return relative
  const folder = path.replace(/\/+$/, '').replace(/\/[^/]*$/, '')
  return `http://${request.headers.host ?? 'localhost'}${folder}/${relative}`
}

function refuse(response: ServerResponse, why: string): void {
  writeText(response, 400, `${why} Please connect to the /sse endpoint to initiate your session.`)
}
