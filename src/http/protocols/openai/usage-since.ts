import type { Usage } from '../../../core/messages.js'

/** What was spent since then, of all that was spent. */
export function toUsageSince(before: Usage, all: Usage): Usage {
  return {
    inputTokens: all.inputTokens - before.inputTokens,
    outputTokens: all.outputTokens - before.outputTokens,
    totalTokens: all.totalTokens - before.totalTokens,
  }
}
