import type { Usage } from '../core/messages.js'

/** What a provider says of some of the tokens, as it says it. */
export interface TokenDetails {
  readonly cached?: unknown
  readonly reasoning?: unknown
}

/**
 * Tokens as a provider counts them; a count that is none is 0, and a missing total the sum of the others. They add up to
 * what a run may spend, so that none may be negative, and all must come back from JSON as they went in.
 */
export function toUsage(input: unknown, output: unknown, total?: unknown, details: TokenDetails = {}): Usage {
  const inputTokens = readCount(input) ?? 0
  const outputTokens = readCount(output) ?? 0
  const cachedInputTokens = readCount(details.cached) ?? 0
  const reasoningTokens = readCount(details.reasoning) ?? 0
  return {
    inputTokens,
    outputTokens,
    totalTokens: readCount(total) ?? inputTokens + outputTokens,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
    ...(reasoningTokens > 0 && { reasoningTokens }),
  }
}

function readCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}
