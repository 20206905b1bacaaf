import type { AgentErrorCode } from '../../../core/errors.js'
import { toRefusal, toSaidText } from '../../../core/messages.js'
import type { TerminalEvent } from '../../../run/events.js'
import type { RunState } from '../../../run/fold.js'
import { toCutOff } from '../../../run/to-response.js'
import { toWireUsage, type WireUsage } from '../../../run/wire-usage.js'

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
 * not fit the schema that was asked for, and so is what is left of one that was cut off, be it nothing.
 * Source: OpenAI, "Structured model outputs", refusals and incomplete answers.
 */
export function toToldEnd(state: RunState, outcome: TerminalEvent): ToldEnd {
  if (outcome.type === 'run.completed') return { answer: outcome.data }
  const isUnfit = outcome.type === 'run.failed' && unfit.includes(outcome.data.code)
  const last = state.steps.at(-1)?.message
  const isTold = toRefusal(last) !== undefined || toCutOff(state) !== undefined
  if (!isUnfit || !isTold) return { failure: outcome }
  return { answer: { response: toSaidText(last), usage: toWireUsage(state.usage) } }
}

const unfit: readonly AgentErrorCode[] = ['response_schema_unmet', 'answer_cut_off']
