import type { Usage } from '../core/messages.js'

/**
 * Tokens as a provider counts them; a count that is none is 0, and a missing total the sum of the others. They add up to
 * what a run may spend, so that none may be negative, and all must come back from JSON as they went in.
 */
export function toUsage(input: unknown, output: unknown, total?: unknown): Usage {
  const inputTokens = readCount(input) ?? 0
  const outputTokens = readCount(output) ?? 0
  return { inputTokens, outputTokens, totalTokens: readCount(total) ?? inputTokens + outputTokens }
}

function readCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}
