import type { JsonObject, JsonValue } from '../../core/json.js'
import type { ChatMessage } from '../../core/messages.js'
import type { AgentResponse } from '../../core/response.js'

/** A tool call that an answer should have taken. */
export interface ExpectedToolCall {
  readonly name: string
  /** Arguments that it should have had; it may have had others too. @default any */
  readonly arguments?: JsonObject | undefined
}

/** What an agent is asked, and what is expected of it. */
export interface EvaluationQuery {
  readonly query: string
  /** What a good answer says, for evaluators that compare. */
  readonly expected?: string | undefined
  /** The conversation before it, oldest first. @default none */
  readonly history?: readonly ChatMessage[] | undefined
  /**
   * What tools give: a call of the same name and arguments gives what is recorded of it, any other is an error that the model is
   * told. No tool is executed then, and nobody asked for approval. @default tools are executed
   */
  readonly recorded?: readonly ObservedToolCall[] | undefined
  /** For `toolCallsPresent` and `toolCallArgsMatch`. */
  readonly expectedToolCalls?: readonly ExpectedToolCall[] | undefined
}

/** A tool call of a run, with what came of it. */
export interface ObservedToolCall {
  readonly name: string
  /** An object, or what the model wrote when that was none. */
  readonly arguments: JsonObject | string
  readonly result?: JsonValue | undefined
  readonly error?: string | undefined
}

/** An answer to be judged. */
export interface EvaluationItem extends EvaluationQuery {
  readonly response: AgentResponse
  /** In the order in which the model asked for them. */
  readonly toolCalls: readonly ObservedToolCall[]
}

/** What an evaluator thinks of an answer. */
export interface CheckResult {
  readonly passed: boolean
  /** Why, in words for a human. */
  readonly reason: string
  /** How good it is, for evaluators that grade; the range is theirs. */
  readonly score?: number | undefined
}

/** Judges answers. */
export interface Evaluator {
  readonly name: string
  evaluate(item: EvaluationItem): CheckResult | Promise<CheckResult>
}

/**
 * An evaluator made of a function. One that only gives true or false has its name for a reason.
 *
 * @example
 * const mentionsCelsius = evaluator('mentions_celsius', ({ response }) => response.text.includes('°C'))
 */
export function evaluator(
  name: string,
  evaluate: (item: EvaluationItem) => boolean | CheckResult | Promise<boolean | CheckResult>,
): Evaluator {
  return {
    name,
    async evaluate(item) {
      const result = await evaluate(item)
      return typeof result === 'boolean' ? { passed: result, reason: `${name} is ${result}` } : result
    },
  }
}
