import { randomUUID } from 'node:crypto'
import type { Agent } from '../../../agent/agent.js'
import { toIssues } from '../../../core/zod-issues.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseSessionId } from '../../ids.js'
import { refuseUnknown } from '../../parse-query.js'
import { readJsonBody } from '../../read-body.js'
import { createFieldError, createRequestError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { findAgent } from '../find-agent.js'
import { type Input, readInput } from './input-messages.js'
import { type ProcessBody, processBody } from './process-body.js'
import { createRunId, toSessionOf } from './response-id.js'

/** A request for a response, checked in every part. */
export interface ParsedProcess {
  readonly agent: Agent
  readonly key: RunKey
  readonly input: Input
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly isStreamed: boolean
}

/** Reads a request. @throws {AgentError} `invalid_request`, `not_found` for an agent, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseProcess(call: Call): Promise<ParsedProcess> {
  const { request, settings, url, owner } = call
  refuseUnknown(url.searchParams, ['code'])
  const parsed = processBody.safeParse(await readJsonBody(request, settings.maxBodyBytes))
  if (!parsed.success) throw createRequestError(parsed.error.issues.flatMap(toIssues))
  const body = parsed.data
  const agent = findAgent(call, 'model', body.model ?? undefined)
  const given = parseRunId(body, request.headers)
  const session = parseSession(body) ?? (given === undefined ? createSessionId() : toSessionOf(given, owner))
  return {
    agent,
    key: { agent: agent.name, session, run: given ?? createRunId() },
    input: readInput(body.input),
    metadata: toMetadata(body),
    isStreamed: body.stream ?? true,
  }
}

function createSessionId(): string {
  return randomUUID().replaceAll('-', '')
}

function parseSession({ session_id }: ProcessBody): string | undefined {
  return session_id == null ? undefined : parseSessionId(session_id, 'session_id')
}

function parseRunId({ id }: ProcessBody, headers: Headers): string | undefined {
  const header = headers.get('idempotency-key')
  if (header !== null && id != null && header !== id)
    throw createFieldError('id', 'differs from the header Idempotency-Key')
  if (header !== null) return parseCorrelationId(header, 'Idempotency-Key')
  return id == null ? undefined : parseCorrelationId(id, 'id')
}

/** Longest value that a run's metadata take. */
const longestValue = 512

/** Whom the caller says that it asks for: a note, and nothing that gives access to anything. */
function toMetadata({ user_id }: ProcessBody): ParsedProcess['metadata'] {
  return user_id == null || user_id === '' || user_id.length > longestValue ? undefined : { user_id }
}
