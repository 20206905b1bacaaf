import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeEmpty } from '../http/function-to-response.js'
import { defaultBodyLimitBytes, readBody, readContentLength } from '../http/request-body.js'
import { readHeaders } from '../http/request-url.js'
import { parseRpcMessage, RpcError, type RpcMessage, rpcCodes, toRpcError } from './json-rpc.js'
import { type McpCaller, McpFunctionError } from './mcp-call.js'
import type { McpServer } from './mcp-server.js'
import type { McpSessions } from './mcp-sessions.js'

export interface McpEndpointOptions {
  readonly server: McpServer
  readonly sessions: McpSessions
  /** Told what went wrong in this host itself. */
  readonly onError: (error: unknown) => void
}

export type McpEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * The streamable HTTP transport: a POST for each message, answered with one event; no stream from the server's side, and no state
 * but the session id (modelcontextprotocol.io: transports; MCP extension: StreamableHttpRequestHandler).
 * Security: JSON only. A page of another origin cannot send that without a pre-flight, which fails here.
 */
export function createMcpEndpoint({ server, sessions, onError }: McpEndpointOptions): McpEndpoint {
  return async (request, response) => {
    if (request.method !== 'POST') return writeEmpty(response, 405)
    if (!acceptsBoth(request.headers.accept ?? '')) {
      return writeRefusal(
        response,
        406,
        'Not Acceptable: Client must accept both application/json and text/event-stream',
      )
    }
    if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) {
      return writeRefusal(response, 415, 'Unsupported Media Type: the POST body must be application/json')
    }
    const sessionId = readSessionId(request)
    if (sessionId !== undefined && !sessions.isValid(sessionId)) {
      return writeRefusal(response, 400, 'Invalid client state.')
    }
    if ((readContentLength(request) ?? 0) > defaultBodyLimitBytes) return writeEmpty(response, 413)
    const message = parseRpcMessage((await readBody(request)).toString('utf8'))
    if (message === undefined) {
      return writeRefusal(
        response,
        400,
        'Bad Request: The POST body did not contain a valid JSON-RPC message.',
      )
    }
    if (message.id === undefined || message.method === undefined) return writeEmpty(response, 202)
    const answer = await answerRequest(server, message, { sessionId, headers: readHeaders(request) }, onError)
    writeEvent(response, answer, message.method === 'initialize' ? sessions.create() : undefined)
  }
}

function acceptsBoth(accept: string): boolean {
  const types = accept.split(',').map((part) => (part.split(';', 1)[0] ?? '').trim().toLowerCase())
  const takes = (type: string) =>
    types.some((each) => each === type || each === '*/*' || each === `${type.split('/', 1)[0]}/*`)
  return takes('application/json') && takes('text/event-stream')
}

function readSessionId(request: IncomingMessage): string | undefined {
  const header = request.headers['mcp-session-id']
  return typeof header === 'string' && header !== '' ? header : undefined
}

async function answerRequest(
  server: McpServer,
  message: RpcMessage,
  caller: McpCaller,
  onError: (error: unknown) => void,
): Promise<object> {
  try {
    return { jsonrpc: '2.0', id: message.id, result: await server(message, caller) }
  } catch (error) {
    if (!(error instanceof RpcError) && !(error instanceof McpFunctionError)) onError(error)
    return toRpcError(message.id, error)
  }
}

function writeEvent(response: ServerResponse, answer: object, sessionId: string | undefined): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache,no-store',
    ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
  })
  response.end(`event: message\ndata: ${JSON.stringify(answer)}\n\n`)
}

function writeRefusal(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify(toRpcError(undefined, new RpcError(rpcCodes.badRequest, message)))
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
