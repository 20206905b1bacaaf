/** What somebody is to know who decides about a tool call, by the `reason` for which the question is asked: a sentence each. */
export function toApprovalWarnings(reason: unknown): readonly string[] {
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
