import { randomUUID } from 'node:crypto'
import { AgentError } from '../../../../core/errors.js'
import { createHexId, toHexId } from '../../../../core/hex-id.js'
import { parseGivenRun, parseSessionId } from '../../../ids.js'
import type { Call } from '../../../route.js'
import type { ChatBody } from './chat-body.js'

/** Which run of which session a request is about. */
export interface ChatIds {
  readonly sessionId: string
  readonly correlationId: string
  /** Whether the caller names the session, which so may have a history. */
  readonly inSession: boolean
}

/**
 * The ids a caller gives, or new ones. @throws {AgentError} `invalid_request` naming one that cannot be used,
 * `conflicting_session_id` when two sessions are named.
 */
export function parseChatIds(
  { request: { headers }, owner }: Pick<Call, 'request' | 'owner'>,
  metadata: ChatBody['metadata'],
): ChatIds {
  const key = parseGivenRun(headers)
  const given = parseGivenSession(headers, metadata)
  return {
    sessionId: given ?? createSessionId(key, owner),
    correlationId: key ?? randomUUID(),
    inSession: given !== undefined,
  }
}

function parseGivenSession(headers: Headers, metadata: ChatBody['metadata']): string | undefined {
  const inBody = metadata?.session_id
  const header = headers.get('x-session-id') ?? undefined
  if (header !== undefined) parseSessionId(header, 'x-session-id')
  if (inBody !== undefined) parseSessionId(inBody, 'metadata.session_id')
  if (header === undefined || inBody === undefined || header === inBody) return header ?? inBody
  const list = `x-session-id=${header}, metadata.session_id=${inBody}`
  throw new AgentError('conflicting_session_id', `The request names more than one session: ${list}`, {
    issues: ['metadata.session_id', 'x-session-id'].map((path) => ({
      path,
      message: 'differs from the other',
    })),
  })
}

/** A request that is repeated has to come to the session of its first time, although it names none. */
function createSessionId(key: string | undefined, owner: string | undefined): string {
  if (key === undefined) return createHexId()
  return toHexId(JSON.stringify(['openai-chat', owner ?? null, key]))
}
