/** What there is to know of an approval, as an app of any release tells it. */
export interface AskedApproval {
  readonly reason?: unknown
  readonly approvers?: unknown
  readonly approvedBy?: unknown
}

/** What somebody is to know who decides about a tool call: a sentence each. */
export function toApprovalWarnings({ reason, approvers, approvedBy }: AskedApproval): readonly string[] {
  return [...toReasonWarnings(reason), ...toOthers(approvers, approvedBy)]
}

function toReasonWarnings(reason: unknown): readonly string[] {
  switch (reason) {
    case 'unknown_outcome':
      return ['It was cut off before: it may have taken effect already, and would run again.']
    case 'untrusted_content':
      return ['The model has read what strangers wrote: it may be their wish, not yours.']
    case 'budget_exhausted':
      return ['The run has spent its tokens: to approve grants it as many again, to reject ends it.']
    default:
      return []
  }
}

function toOthers(approvers: unknown, approvedBy: unknown): readonly string[] {
  if (typeof approvers !== 'number') return []
  const agreed = Array.isArray(approvedBy) ? approvedBy.filter((name) => typeof name === 'string') : []
  const who = agreed.length === 0 ? 'nobody has yet' : `agreed so far: ${agreed.join(', ')}`
  return [`${approvers} people have to agree; ${who}.`]
}
