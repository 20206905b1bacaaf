import type { IncomingMessage, ServerResponse } from 'node:http'
import { readLimitedBody } from '../http/request-body.js'
import { readHeaders } from '../http/request-url.js'
import { writeEmpty, writeJson } from '../http/write-response.js'
import { type AnswerOptions, answerMessage, eventHeaders, isJson } from './answer-message.js'
import { parseRpcMessage, RpcError, rpcCodes, toRpcError } from './json-rpc.js'
import type { McpSessions } from './mcp-sessions.js'

export interface McpEndpointOptions extends AnswerOptions {
  readonly sessions: McpSessions
}

export type McpEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * The streamable HTTP transport: a POST for each message, answered with one event; no stream from the server's side, and no state
 * but the session id (modelcontextprotocol.io: transports; MCP extension: StreamableHttpRequestHandler).
 */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { sessions } = options
  return async (request, response) => {
    if (request.method !== 'POST') return writeEmpty(response, 405)
    const sessionId = readSessionId(request)
    const refusal = findRefusal(request, sessionId, sessions)
    if (refusal !== undefined) return writeRefusal(response, ...refusal)
    const body = await readLimitedBody(request)
    if (body === undefined) return writeEmpty(response, 413)
    const message = parseRpcMessage(body.toString('utf8'))
    if (message === undefined) {
      const why = 'Bad Request: The POST body did not contain a valid JSON-RPC message.'
      return writeRefusal(response, 400, why)
    }
    if (message.id === undefined || message.method === undefined) return writeEmpty(response, 202)
    const headers = readHeaders(request)
    const answer = await answerMessage(options, message, { transport: 'http-streamable', sessionId, headers })
    const session = message.method === 'initialize' ? { 'mcp-session-id': sessions.create() } : {}
    response.writeHead(200, { ...eventHeaders, ...session }).end(answer)
  }
}

/** Why the request is no message to look at, and the status that says so. */
function findRefusal(
  request: IncomingMessage,
  sessionId: string | undefined,
  sessions: McpSessions,
): [status: number, why: string] | undefined {
  if (!acceptsBoth(request.headers.accept ?? '')) {
    return [406, 'Not Acceptable: Client must accept both application/json and text/event-stream']
  }
  if (!isJson(request)) return [415, 'Unsupported Media Type: the POST body must be application/json']
  if (sessionId !== undefined && !sessions.isValid(sessionId)) return [400, 'Invalid client state.']
  return undefined
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

function writeRefusal(response: ServerResponse, status: number, message: string): void {
  writeJson(response, toRpcError(undefined, new RpcError(rpcCodes.badRequest, message)), status)
}
