import { z } from 'zod'
import { AgentError } from '../../../core/errors.js'
import { isJsonObject, type JsonValue } from '../../../core/json.js'
import { toIssues } from '../../../core/zod-issues.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import { createFieldError, createRequestError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { A2aError, type RpcId } from './a2a-errors.js'

/** What is asked, its parameters not yet looked at. */
export interface RpcRequest {
  readonly id: RpcId
  readonly method: string
  readonly params: unknown
}

// The id is repeated in every event of a stream.
const rpcId = z.union([z.string().max(256), z.number(), z.null()])

/** A call as JSON-RPC has it. */
export const rpcRequest = z.looseObject({
  jsonrpc: z.literal('2.0', { error: 'must be "2.0"' }),
  id: rpcId,
  method: z.string().max(256),
  params: z.unknown().optional(),
})

/** Reads the body of a call. @throws {AgentError} `unsupported_media_type`, `payload_too_large`; {@link A2aError} `PARSE_ERROR`. */
export async function readRpcBody({ request, settings }: Call): Promise<JsonValue> {
  try {
    return await readJsonBody(request, settings.maxBodyBytes)
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'invalid_request') throw error
    const reason = error.issues?.[0]?.path === 'body' ? 'PARSE_ERROR' : 'INVALID_REQUEST'
    throw new A2aError(reason, error.code, error.message, { issues: error.issues })
  }
}

/** The id of what may be no proper request, so that its refusal can name it. */
export function toRpcId(body: JsonValue): RpcId {
  const parsed = rpcId.safeParse(isJsonObject(body) ? body.id : undefined)
  return parsed.success ? parsed.data : null
}

/** Checks a body. @throws {A2aError} `INVALID_REQUEST` naming the field. */
export function parseRpcRequest(body: JsonValue): RpcRequest {
  if (Array.isArray(body))
    throw refuse([{ path: 'body', message: 'must be one request: there are no batches' }])
  const parsed = rpcRequest.safeParse(body)
  if (!parsed.success) throw refuse(parsed.error.issues.flatMap(toIssues))
  const { id, method, params } = parsed.data
  return { id, method, params }
}

function refuse(issues: Parameters<typeof createRequestError>[0]): A2aError {
  const { code, message } = createRequestError(issues)
  return new A2aError('INVALID_REQUEST', code, message, { issues })
}

/** A text among them. Clients made of protobuf send what is not given as an empty one. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined)

/** Checks the parameters of a method. @throws {AgentError} `invalid_request` naming the field. */
export function parseParams<T>(schema: z.ZodType<T>, params: unknown): T {
  if (!isJsonObject(params)) throw createFieldError('params', 'must be an object')
  return parseShape(schema, params)
}
