import type { Agent } from '../../../agent/agent.js'
import { isJsonObject } from '../../../core/json.js'
import type { ChatMessage, Content } from '../../../core/messages.js'
import type { CallerTool } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { type GivenInstructions, takeInstructions } from '../../caller-instructions.js'
import { checkCallerTools } from '../../caller-tools.js'
import { parseCorrelationId, parseSessionId } from '../../ids.js'
import { refuseUnknown } from '../../parse-query.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import type { PlacedDecision } from '../answer-run.js'
import { findAgent, requireAgent } from '../find-agent.js'
import { toMedia } from '../to-media.js'
import {
  type AguiBody,
  type AguiPart,
  aguiBody,
  instructionsMessage,
  isNothing,
  type ResumeEntry,
  userMessage,
} from './agui-body.js'
import type { AguiMessage } from './agui-events.js'
import { isOlderClient } from './older-clients.js'

/** A request for a run, checked but for the messages: which of them count depends on what has been said. */
export interface ParsedInput {
  /** The run as it is named; its session is the thread. */
  readonly key: RunKey
  /** All that the client shows. */
  readonly shown: readonly AguiMessage[]
  readonly decisions: readonly PlacedDecision[]
  /** What it wants of the answer. */
  readonly instructions: string | undefined
  /** What the client carries out itself. */
  readonly tools: readonly CallerTool[] | undefined
  /** What the application tells of itself. */
  readonly context: readonly { readonly description: string; readonly value: string }[]
  readonly metadata: Readonly<Record<string, string>> | undefined
  /** The message whose place the user's last one takes: the user's, or one of the answer to it. */
  readonly replaces: string | undefined
  readonly isOlderClient: boolean
}

/** Reads a request. @throws {AgentError} `invalid_request`, `not_found` for an agent, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseInput(call: Call): Promise<ParsedInput> {
  const { request, settings, url } = call
  refuseUnknown(url.searchParams, ['code'])
  const body = parseShape(aguiBody, await readJsonBody(request, settings.maxBodyBytes))
  const session = parseSessionId(body.threadId, 'threadId')
  const agent = chooseAgent(call, body)
  return {
    key: { agent: agent.name, session, run: parseCorrelationId(body.runId, 'runId') },
    shown: body.messages,
    decisions: (body.resume ?? []).map(toDecision),
    instructions: takeInstructions(settings.callerInstructions, findInstructions(body)),
    tools: toCallerTools(agent, body),
    context: body.context ?? [],
    metadata: toMetadata(body.forwardedProps),
    replaces: toReplaces(body.forwardedProps),
    isOlderClient: isOlderClient(body.protocolVersion),
  }
}

/** By its own address, or by the one that all agents share. */
function chooseAgent(call: Call, { forwardedProps }: AguiBody): Agent {
  if (call.params.agent !== undefined) return requireAgent(call)
  const named = isJsonObject(forwardedProps) ? forwardedProps.agent : undefined
  return findAgent(call, 'forwardedProps.agent', typeof named === 'string' ? named : undefined)
}

function toCallerTools(agent: Agent, { tools }: AguiBody): ParsedInput['tools'] {
  const given = (tools ?? []).map(({ name, description, parameters }) => {
    const schema = parameters == null || isNothing(parameters) ? { type: 'object' } : parameters
    return { name, description, parameters: schema }
  })
  return checkCallerTools(agent, given)
}

function findInstructions({ messages }: AguiBody): readonly GivenInstructions[] {
  return messages.flatMap((message, index) => {
    if (!isInstructions(message)) return []
    const path = ['messages', String(index)]
    return [
      { path: [...path, 'role'].join('.'), text: parseShape(instructionsMessage, message, path).content },
    ]
  })
}

/** Whether a message is no part of what is said, wherever it stands. */
export function isInstructions({ role }: Pick<AguiMessage, 'role'>): boolean {
  return role === 'system' || role === 'developer'
}

function toDecision(entry: ResumeEntry, index: number): PlacedDecision {
  const path = `resume.${index}.interruptId`
  const { interruptId: approvalId } = entry
  if (entry.status === 'cancelled') return { approvalId, decision: 'reject', isWaived: true, path }
  const { approved, reason, editedArgs } = entry.payload
  const argumentsPath = `resume.${index}.payload.editedArgs`
  if (approved) return { approvalId, decision: 'approve', reason, arguments: editedArgs, path, argumentsPath }
  if (editedArgs === undefined) return { approvalId, decision: 'reject', reason, path }
  throw createFieldError(argumentsPath, 'make no sense with a rejection')
}

/** Most that a run's metadata take. */
const most = { entries: 16, name: 64, value: 512 }

/** What the application passes on for the agent's tools to read: texts, as long as they fit. */
function toMetadata(given: unknown): ParsedInput['metadata'] {
  if (!isJsonObject(given)) return undefined
  const { replaces: _read, ...props } = given
  const texts = Object.entries(props).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[0].length <= most.name && entry[1].length <= most.value,
  )
  return texts.length === 0 ? undefined : Object.fromEntries(texts.slice(0, most.entries))
}

function toReplaces(props: unknown): ParsedInput['replaces'] {
  const { replaces } = isJsonObject(props) ? props : {}
  if (replaces == null) return undefined
  if (typeof replaces === 'string' && replaces !== '') return replaces
  throw createFieldError('forwardedProps.replaces', 'must be the id of a message')
}

/** A message of the user, in our words. @throws {AgentError} `invalid_request` naming the field. */
export function toUserMessage(message: AguiMessage, index: number): ChatMessage {
  const { id: messageId, content } = parseShape(userMessage, message, ['messages', String(index)])
  const contents = typeof content === 'string' ? [toText(content)] : content.map(toContent)
  return { role: 'user', contents, messageId }
}

function toText(text: string): Content {
  return { type: 'text', text }
}

function toContent(part: AguiPart): Content {
  if (part.type === 'text') return toText(part.text)
  if (part.type === 'binary') {
    const { data, url, mimeType } = part
    return data == null ? toMedia(url ?? '', mimeType) : toData(data, mimeType)
  }
  const { source, type } = part
  const { value, mimeType = type === 'image' ? 'image/*' : 'application/octet-stream' } = source
  return source.type === 'data' ? toData(value, mimeType) : toMedia(value, mimeType)
}

function toData(base64: string, mediaType: string): Content {
  return { type: 'data', uri: `data:${mediaType};base64,${base64}`, mediaType }
}
