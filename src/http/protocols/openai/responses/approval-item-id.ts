import { longestCorrelationId, longestSessionId } from '../../../../core/find-id-problem.js'
import { toAskingRun } from '../../../../run/approval-id.js'
import type { RunKey, SessionKey } from '../../../../run/run-log.js'
import { parseCorrelationId, parseId } from '../../../ids.js'
import { createFieldError } from '../../../request-errors.js'
import { parseOpaqueId, toOpaqueId } from '../opaque-id.js'

/** What the id of a request for approval names. */
export interface NamedApproval {
  readonly approvalId: string
  readonly run: string
  /** The run with its session; `undefined` for an approval's id as other dialects have it. */
  readonly key: RunKey | undefined
}

const prefix = 'mcpr_'

/** The id of a request for approval as clients get it: opaque to them, and all that is needed to find the run that asks. */
export function toApprovalItemId({ agent, session }: SessionKey, approvalId: string): string {
  return toOpaqueId(prefix, [agent, session, approvalId])
}

/** Whether an id can be one of a request for approval, and not of another item. */
export function isApprovalItemId(id: string): boolean {
  return id.startsWith(prefix) || toAskingRun(id) !== id
}

/**
 * Reads an id that {@link toApprovalItemId} made, or an approval's own. Whether whoever sends it may do so is yet to be found out.
 * @throws {AgentError} `invalid_request` naming the field for what is neither.
 */
export function parseApprovalItemId(field: string, id: string): NamedApproval {
  const [agent, session, approval = id] = parseOpaqueId(prefix, id) ?? []
  const approvalId = parseId(field, String(approval), longestApprovalId)
  const run = toAskingRun(approvalId)
  if (run === approvalId)
    throw createFieldError(field, `must be the id of a request for approval, not "${id.slice(0, 100)}"`)
  parseCorrelationId(run, field)
  if (typeof agent !== 'string' || typeof session !== 'string') return { approvalId, run, key: undefined }
  return { approvalId, run, key: { agent, session: parseId(field, session, longestSessionId), run } }
}

/** The run, a tilde and a UUID. */
const longestApprovalId = longestCorrelationId + 1 + 36
