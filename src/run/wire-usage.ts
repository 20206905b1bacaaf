import type { Usage } from '../core/messages.js'

/** Token counts under the names that callers of the Python framework read. */
export interface WireUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

export function toWireUsage({ inputTokens, outputTokens, totalTokens }: Usage): WireUsage {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens }
}

export function fromWireUsage({ prompt_tokens, completion_tokens, total_tokens }: WireUsage): Usage {
  return { inputTokens: prompt_tokens, outputTokens: completion_tokens, totalTokens: total_tokens }
}
