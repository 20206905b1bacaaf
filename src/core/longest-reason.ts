/** Most characters of the reason that a human gives, with a decision about a tool call or for cancelling a run. */
export const longestReason = 2000
