import { randomUUID } from 'node:crypto'
import type { Agent } from '../../../agent/agent.js'
import { checkJsonSchema } from '../../../core/caller-schema.js'
import { AgentError } from '../../../core/errors.js'
import type { JsonObject } from '../../../core/json.js'
import type { RunOptions } from '../../../run/events.js'
import { parseCorrelationId, parseSessionId } from '../../ids.js'
import { refuseUnknown } from '../../parse-query.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { findAgent } from '../find-agent.js'
import { toTooling } from './caller-tooling.js'
import { type ResponseBody, responseBody } from './response-body.js'
import { parseResponseId, type ResponseKey } from './response-id.js'
import { type ResponseInput, toResponseInput } from './response-input.js'

/** A `POST responses`, checked in every part that can be checked without the store. */
export interface ParsedResponseRequest {
  readonly agent: Agent
  readonly input: ResponseInput
  /** The session that is gone on with; `undefined` begins one. */
  readonly session: string | undefined
  /** The response that is gone on from. */
  readonly previous: ResponseKey | undefined
  readonly correlationId: string
  readonly options: RunOptions
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly stream: boolean
  readonly background: boolean
}

/** Reads a request. @throws {AgentError} `invalid_request`, `conflicting_session_id`, `not_found`, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseResponseRequest(call: Call): Promise<ParsedResponseRequest> {
  const { request, url, settings } = call
  refuseUnknown(url.searchParams, ['code'])
  const body = parseShape(responseBody, await readJsonBody(request, settings.maxBodyBytes))
  const agent = findAgent(call, 'model', body.model)
  const previous = toPrevious(body, agent)
  const key = request.headers.get('idempotency-key')
  return {
    agent,
    input: toResponseInput(body.input),
    session: toSession(body, previous),
    previous,
    correlationId: key === null ? randomUUID() : parseCorrelationId(key, 'Idempotency-Key'),
    options: toOptions(agent, body),
    metadata: body.metadata ?? undefined,
    stream: body.stream ?? false,
    background: body.background ?? false,
  }
}

function toPrevious({ previous_response_id: id }: ResponseBody, agent: Agent): ResponseKey | undefined {
  if (id === undefined || id === null) return undefined
  const previous = parseResponseId('previous_response_id', id)
  if (previous.agent === agent.name) return previous
  throw createFieldError('previous_response_id', `is a response of ${previous.agent}, not of ${agent.name}`)
}

function toSession({ conversation }: ResponseBody, previous: ResponseKey | undefined): string | undefined {
  if (conversation === undefined || conversation === null) return previous?.session
  const session = parseSessionId(
    typeof conversation === 'string' ? conversation : conversation.id,
    'conversation',
  )
  if (previous === undefined || previous.session === session) return session
  const message = 'is not that of previous_response_id'
  throw new AgentError('conflicting_session_id', `conversation: ${message}`, {
    issues: [{ path: 'conversation', message }],
  })
}

function toOptions(agent: Agent, { text, ...body }: ResponseBody): RunOptions {
  const format = text?.format
  const responseSchema = format?.type === 'json_schema' ? (format.schema as JsonObject) : undefined
  if (responseSchema !== undefined) checkJsonSchema(responseSchema, 'text.format.schema')
  const tooling = toTooling(agent, {
    tools: body.tools ?? [],
    toPath: (index) => `tools.${index}`,
    choice: body.tool_choice,
    isParallel: body.parallel_tool_calls,
  })
  return { ...tooling, responseSchema }
}
