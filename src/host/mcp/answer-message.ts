import type { IncomingMessage } from 'node:http'
import { RpcError, type RpcMessage, toRpcError } from './json-rpc.js'
import { type McpCaller, McpFunctionError } from './mcp-call.js'
import type { McpServer } from './mcp-server.js'

export interface AnswerOptions {
  readonly server: McpServer
  /** Told what went wrong in this host itself. */
  readonly onError: (error: unknown) => void
}

/** The answer to a request, whatever becomes of it, as one event of a stream. Never rejects. */
export async function answerMessage(
  { server, onError }: AnswerOptions,
  message: RpcMessage,
  caller: McpCaller,
): Promise<string> {
  try {
    return toEvent(
      'message',
      JSON.stringify({ jsonrpc: '2.0', id: message.id, result: await server(message, caller) }),
    )
  } catch (error) {
    if (!(error instanceof RpcError) && !(error instanceof McpFunctionError)) onError(error)
    return toEvent('message', JSON.stringify(toRpcError(message.id, error)))
  }
}

/** An event of a stream (HTML: server-sent events); the data is one line. */
export function toEvent(type: string, data: string): string {
  return `event: ${type}\ndata: ${data}\n\n`
}

/** The headers of every stream of events. */
export const eventHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache,no-store',
} as const

/** Security: only JSON is a message. A page of another origin cannot send that without a pre-flight, which fails here. */
export function isJson(request: IncomingMessage): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')
}
