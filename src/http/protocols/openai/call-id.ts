import { longestCorrelationId, longestSessionId } from '../../../core/find-id-problem.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import { parseOpaqueId, toOpaqueId } from './opaque-id.js'

/** Names a tool call that its run's caller is to carry out. */
export interface CallKey extends RunKey {
  readonly callId: string
}

const prefix = 'call_'

/** A tool call's id as clients get it: opaque to them, and all that is needed to find the run that waits for its result. */
export function toCallId({ agent, session, run, callId }: CallKey): string {
  return toOpaqueId(prefix, [agent, session, run, callId])
}

/**
 * Reads an id that {@link toCallId} made. Whether whoever sends it may do so is yet to be found out.
 * @throws {AgentError} `invalid_request` naming the field for any other text.
 */
export function parseCallId(field: string, id: string): CallKey {
  const [agent, session, run, callId, ...others] = parseOpaqueId(prefix, id) ?? []
  const isWhole = [agent, session, run, callId].every((part) => typeof part === 'string')
  if (!isWhole || others.length > 0) {
    throw createFieldError(
      field,
      `must be the id of a tool call as this server gave it, not "${id.slice(0, 100)}"`,
    )
  }
  return {
    agent: String(agent),
    session: parseId(field, String(session), longestSessionId),
    run: parseId(field, String(run), longestCorrelationId),
    callId: String(callId),
  }
}

/** Whether two ids are of the same run. */
export function isSameRun(a: RunKey | undefined, b: RunKey): boolean {
  return a?.agent === b.agent && a.session === b.session && a.run === b.run
}
