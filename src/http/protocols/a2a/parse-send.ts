import { checkJsonSchema } from '../../../core/caller-schema.js'
import type { JsonObject } from '../../../core/json.js'
import type { Content } from '../../../core/messages.js'
import { parseCorrelationId, parseSessionId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import { type SentPart, sendParams } from './message-params.js'
import { type PushWebhook, requirePush, toPushWebhook } from './push-webhook.js'
import type { RpcCall } from './rpc-call.js'
import { parseParams } from './rpc-request.js'

/** A message, checked in every part. */
export interface SentMessage {
  /** Makes it safe to send the message again. */
  readonly messageId: string
  readonly contextId: string | undefined
  /** The task that it is an answer to. */
  readonly taskId: string | undefined
  readonly parts: readonly SentPart[]
  /** What the answer has to fit. */
  readonly responseSchema: JsonObject | undefined
  readonly historyLength: number | undefined
  /** Whether the caller wants to hear only of the outcome. */
  readonly isWaiting: boolean
  /** Who is to be told of its task. */
  readonly push: PushWebhook | undefined
}

/** Reads what is sent. @throws {AgentError} `invalid_request` naming the field; {@link A2aError} `PUSH_NOTIFICATION_NOT_SUPPORTED`. */
export function parseSend({ version, params, call }: RpcCall): SentMessage {
  const { message, metadata, push, pushPath, ...sent } = parseParams(sendParams[version], params)
  const { messageId, contextId, taskId, parts } = message
  const responseSchema = metadata?.responseSchema
  if (responseSchema !== undefined) checkJsonSchema(responseSchema)
  if (parts.every((part) => part.type === 'text' && part.text.trim() === ''))
    throw createFieldError('message.parts', 'must not be blank')
  return {
    messageId: parseCorrelationId(messageId, 'message.messageId'),
    contextId: contextId === undefined ? undefined : parseSessionId(contextId, 'message.contextId'),
    taskId,
    parts,
    responseSchema,
    historyLength: sent.historyLength ?? undefined,
    isWaiting: sent.isWaiting,
    push: push ? toPushWebhook(requirePush(call.settings), version, push, pushPath) : undefined,
  }
}

/** A message's parts as the model is shown them: data are told as the JSON that they are. */
export function toContents(parts: readonly SentPart[]): readonly Content[] {
  return parts.map(toContent)
}

function toContent(part: SentPart): Content {
  switch (part.type) {
    case 'text':
      return part
    case 'data':
      return { type: 'text', text: JSON.stringify(part.data) }
    case 'file': {
      const { uri, mediaType } = part
      if (/^data:/i.test(uri)) return { type: 'data', uri, mediaType }
      return { type: 'uri', uri, mediaType: mediaType ?? 'application/octet-stream' }
    }
  }
}
