import { parseJson } from '../../core/json.js'
import { isObject, toObject, type UncheckedObject } from '../unchecked-object.js'

/** A request or, without an id, a notification (JSON-RPC 2.0). */
export interface RpcMessage {
  readonly id: string | number | undefined
  /** Undefined for an answer, which a client may send as well. */
  readonly method: string | undefined
  readonly params: UncheckedObject
}

/** Codes of errors (JSON-RPC 2.0, section 5.1; -32000 as the MCP extension uses it). */
export const rpcCodes = {
  badRequest: -32_000,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
} as const

/** A failure that the client is told of as it is. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Reads one message; undefined for anything else, batches among them. */
export function parseRpcMessage(text: string): RpcMessage | undefined {
  const parsed: unknown = parseJson(text)
  if (!isObject(parsed) || parsed.jsonrpc !== '2.0') return undefined
  const { id, method, params } = parsed
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') return undefined
  if (method !== undefined && typeof method !== 'string') return undefined
  if (method === undefined && !('result' in parsed) && !('error' in parsed)) return undefined
  return { id, method, params: toObject(params) }
}

/** The answer to a request that failed; details of other errors than {@link RpcError} stay in the log. */
export function toRpcError(id: RpcMessage['id'], error: unknown): object {
  const { code, message } =
    error instanceof RpcError ? error : { code: rpcCodes.internal, message: 'An error occurred.' }
  return { jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message } }
}
