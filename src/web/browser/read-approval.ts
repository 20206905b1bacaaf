import { toApprovalWarnings } from '../../core/approval-warnings.js'
import type { JsonObject } from '../../core/json.js'
import { readOptionalText, readText } from './read-fields.js'
import type { ApprovalPart } from './run-view.js'

/** An approval as an app tells of it, nobody having decided yet. */
export function readApproval(data: JsonObject): ApprovalPart {
  return {
    kind: 'approval',
    approvalId: readText(data, 'approvalId'),
    name: readText(data, 'name'),
    arguments: data.arguments,
    isEditable: data.reason !== 'budget_exhausted',
    warnings: toApprovalWarnings(data),
    expiresAt: readOptionalText(data, 'expiresAt'),
  }
}
