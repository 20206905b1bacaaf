import { toRefusal } from '../../../core/messages.js'
import type { TerminalEvent, WireUsage } from '../../../run/events.js'
import type { RunState } from '../../../run/fold.js'
import { toWireUsage } from '../../../run/wire-usage.js'

/** What a run has answered, and spent on it. */
export interface ToldAnswer {
  readonly response: string
  readonly usage: WireUsage
}

/** How a run has ended: with an answer, or why it has none. */
export type ToldEnd =
  | { readonly answer: ToldAnswer }
  | { readonly answer?: undefined; readonly failure: Exclude<TerminalEvent, { type: 'run.completed' }> }

/**
 * How a run has ended as OpenAI's API tells it, where the words of a model that would not answer are an answer, though they do
 * not fit the schema that was asked for. Source: OpenAI, "Structured model outputs", refusals.
 */
export function toToldEnd({ steps, usage }: RunState, outcome: TerminalEvent): ToldEnd {
  if (outcome.type === 'run.completed') return { answer: outcome.data }
  const isMisfit = outcome.type === 'run.failed' && outcome.data.code === 'response_schema_unmet'
  const refusal = isMisfit ? toRefusal(steps.at(-1)?.message) : undefined
  if (refusal === undefined) return { failure: outcome }
  return { answer: { response: refusal, usage: toWireUsage(usage) } }
}
