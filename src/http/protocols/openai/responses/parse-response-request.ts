import { randomUUID } from 'node:crypto'
import type { Agent } from '../../../../agent/agent.js'
import type { RunOptions } from '../../../../run/events.js'
import { takeInstructions } from '../../../caller-instructions.js'
import { parseGivenRun } from '../../../ids.js'
import { refuseUnknown } from '../../../parse-query.js'
import { parseShape } from '../../../parse-shape.js'
import { readJsonBody } from '../../../read-body.js'
import type { Call } from '../../../route.js'
import { findAgent } from '../../find-agent.js'
import { toTooling } from '../caller-tooling.js'
import { parseResponseSchema } from '../parse-response-schema.js'
import { type Conversation, toConversation } from './conversation.js'
import { type ResponseBody, responseBody } from './response-body.js'
import { findInstructions, type ResponseInput, toInputItems, toResponseInput } from './response-input.js'
import { findHistory } from './told-history.js'

/** A `POST responses`, checked in every part that can be checked without the store. */
export interface ParsedResponseRequest {
  readonly agent: Agent
  readonly input: ResponseInput
  /** What is gone on with; `undefined` begins a conversation. */
  readonly conversation: Conversation | undefined
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
  const items = toInputItems(body.input)
  const instructions = takeInstructions(settings.callerInstructions, findInstructions(body, items))
  const history = findHistory(items)
  const input = toResponseInput(items, history)
  return {
    agent,
    input,
    conversation: toConversation(body, agent, history, input),
    correlationId: parseGivenRun(request.headers) ?? randomUUID(),
    options: { ...toOptions(agent, body), instructions },
    metadata: body.metadata ?? undefined,
    stream: body.stream ?? false,
    background: body.background ?? false,
  }
}

function toOptions(agent: Agent, { text, ...body }: ResponseBody): RunOptions {
  const format = text?.format
  const schema = format?.type === 'json_schema' ? format.schema : undefined
  const responseSchema = parseResponseSchema(format?.type, schema, 'text.format.schema')
  const tooling = toTooling(agent, {
    tools: body.tools ?? [],
    toPath: (index) => `tools.${index}`,
    choice: body.tool_choice,
    isParallel: body.parallel_tool_calls,
  })
  return { ...tooling, responseSchema }
}
