import type { Agent } from '../../../agent/agent.js'
import { takeInstructions } from '../../caller-instructions.js'
import { parseGivenRun, parseSessionId } from '../../ids.js'
import { refuseUnknown } from '../../parse-query.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import type { Call } from '../../route.js'
import { findAgent } from '../find-agent.js'
import { findInstructions, type Input, readInput } from './input-messages.js'
import { type ProcessBody, processBody } from './process-body.js'

/** A request for a response, checked in every part. */
export interface ParsedProcess {
  readonly agent: Agent
  /** The session that the caller names. */
  readonly session: string | undefined
  /** The run that the caller names. */
  readonly run: string | undefined
  readonly input: Input
  /** What the caller wants of the answer. */
  readonly instructions: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly isStreamed: boolean
}

/** Reads a request. @throws {AgentError} `invalid_request`, `not_found` for an agent, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseProcess(call: Call): Promise<ParsedProcess> {
  const { request, settings, url } = call
  refuseUnknown(url.searchParams, ['code'])
  const body = parseShape(processBody, await readJsonBody(request, settings.maxBodyBytes))
  return {
    agent: findAgent(call, 'model', body.model ?? undefined),
    session: body.session_id == null ? undefined : parseSessionId(body.session_id, 'session_id'),
    run: parseGivenRun(request.headers, 'id', body.id),
    input: readInput(body.input),
    instructions: takeInstructions(settings.callerInstructions, findInstructions(body.input)),
    metadata: toMetadata(body),
    isStreamed: body.stream ?? true,
  }
}

/** Longest value that a run's metadata take. */
const longestValue = 512

/** Whom the caller says that it asks for: a note, and nothing that gives access to anything. */
function toMetadata({ user_id }: ProcessBody): ParsedProcess['metadata'] {
  return user_id == null || user_id === '' || user_id.length > longestValue ? undefined : { user_id }
}
