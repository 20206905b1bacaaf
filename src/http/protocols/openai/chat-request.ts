import type { Agent } from '../../../agent/agent.js'
import { checkJsonSchema } from '../../../core/caller-schema.js'
import type { JsonObject } from '../../../core/json.js'
import type { RunRequest } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import { refuseUnknown } from '../../parse-query.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import type { Call } from '../../route.js'
import { findAgent } from '../find-agent.js'
import { type ChatBody, chatBody } from './chat-body.js'
import { parseChatIds } from './chat-ids.js'
import { toNewMessages } from './chat-messages.js'

/** A request for a chat completion, checked in every part. */
export interface ChatRequest {
  readonly agent: Agent
  readonly key: RunKey
  readonly request: RunRequest
  readonly stream: boolean
  /** Whether a stream ends with what the run has spent. */
  readonly includeUsage: boolean
}

/** Reads a request. @throws {AgentError} `invalid_request`, `conflicting_session_id`, `not_found`, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseChatRequest(call: Call): Promise<ChatRequest> {
  const { request, url, owner, settings } = call
  refuseUnknown(url.searchParams, ['code'])
  const body = parseShape(chatBody, await readJsonBody(request, settings.maxBodyBytes))
  const agent = findAgent(call, 'model', body.model)
  const { session_id: _session, ...metadata } = body.metadata ?? {}
  const ids = parseChatIds({ headers: request.headers, metadata: body.metadata ?? {}, owner })
  return {
    agent,
    key: { agent: agent.name, session: ids.sessionId, run: ids.correlationId },
    request: createRunRequest({
      messages: toNewMessages(body.messages, ids),
      options: { enableToolCalls: allowsTools(body), responseSchema: parseResponseSchema(body) },
      owner,
      metadata: Object.keys(metadata).length === 0 ? undefined : metadata,
    }),
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
  }
}

function allowsTools({ tool_choice, function_call }: ChatBody): boolean {
  return tool_choice !== 'none' && function_call !== 'none'
}

function parseResponseSchema({ response_format }: ChatBody): JsonObject | undefined {
  if (response_format?.type !== 'json_schema') return undefined
  const schema = response_format.json_schema.schema as JsonObject
  checkJsonSchema(schema, 'response_format.json_schema.schema')
  return schema
}
