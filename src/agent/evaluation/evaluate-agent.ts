import { checkCount } from '../../core/check-count.js'
import { checkList, checkOptions, checkText, type OptionNames } from '../../core/check-options.js'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import type { ChatMessage } from '../../core/messages.js'
import type { AgentResponse } from '../../core/response.js'
import { AgentRun } from '../../run/agent-run.js'
import type { Agent } from '../agent.js'
import type { InvocationValues } from '../providers/provider-context.js'
import { runStandalone } from '../run-standalone.js'
import { toStandaloneRun } from '../to-standalone-run.js'
import type {
  CheckResult,
  EvaluationItem,
  EvaluationQuery,
  Evaluator,
  ObservedToolCall,
} from './evaluator.js'
import { playBack } from './play-back.js'

export interface EvaluateAgentOptions {
  readonly agent: Agent
  /** Each is asked in a conversation of its own. */
  readonly queries: readonly (string | EvaluationQuery)[]
  readonly evaluators: readonly Evaluator[]
  /** The invocation context of the runs. @default none */
  readonly context?: InvocationValues | undefined
  /** How many queries are asked at the same time; at least 1. @default 4 */
  readonly maxParallel?: number | undefined
}

const evaluationOptions: OptionNames<EvaluateAgentOptions> = {
  agent: true,
  queries: true,
  evaluators: true,
  context: true,
  maxParallel: true,
}

const queryParts: OptionNames<EvaluationQuery> = {
  query: true,
  history: true,
  recorded: true,
  expected: true,
  expectedToolCalls: true,
}

/** What one evaluator found. */
export interface EvaluationCheck extends CheckResult {
  readonly evaluator: string
}

/** What became of one query. */
export interface EvaluatedQuery extends EvaluationQuery {
  /** Whether there is an answer and every check passed. */
  readonly passed: boolean
  /** `undefined` when the run failed. */
  readonly response: AgentResponse | undefined
  /** Why there is no answer. */
  readonly error: string | undefined
  /** One for each evaluator, in their order; none without an answer. */
  readonly checks: readonly EvaluationCheck[]
}

/** What an evaluation found. */
export interface EvaluationResult {
  /** In the order of the queries. */
  readonly items: readonly EvaluatedQuery[]
  /** How many queries passed every check, and how many did not. */
  readonly counts: { readonly passed: number; readonly failed: number }
  /** What went wrong, one line for each check that failed; empty when all is well. */
  readonly failures: readonly string[]
}

/**
 * Asks an agent and has its answers judged. Compare `failures` with nothing, and a test runner becomes the gate.
 *
 * @example
 * const { counts, failures } = await evaluateAgent({
 *   agent: weatherAgent,
 *   queries: ["What's the weather in Amsterdam?", 'Is it warm in Cairo?'],
 *   evaluators: [keywordCheck('weather'), toolCalledCheck('get_weather')],
 * })
 * expect(failures).toEqual([])
 * @throws {AgentError} `invalid_configuration` when nothing would be checked, naming an option that there is not, or when `maxParallel` is not a whole number from 1.
 */
export async function evaluateAgent(options: EvaluateAgentOptions): Promise<EvaluationResult> {
  checkOptions('evaluateAgent', options, evaluationOptions)
  const { queries, evaluators, maxParallel = 4 } = options
  // With nobody to ask, and nothing to ask or to check, no query would fail.
  checkCount('maxParallel', maxParallel)
  for (const [option, list] of Object.entries({ queries, evaluators })) {
    checkList(option, list)
    checkCount(`the number of ${option}`, list.length)
  }
  evaluators.forEach(checkEvaluator)
  const asked = queries.map(toQuery)
  const items = await forEachLimited(asked, maxParallel, (query) => evaluateQuery(query, options))
  const passed = items.filter((item) => item.passed).length
  return { items, counts: { passed, failed: items.length - passed }, failures: items.flatMap(toFailures) }
}

/** @throws {AgentError} `invalid_configuration` for a bare function, or anything else that checks nothing. */
function checkEvaluator(given: Evaluator, index: number): void {
  if (typeof given?.evaluate === 'function') return
  throw new AgentError(
    'invalid_configuration',
    `Entry ${index} of evaluators is none: make it with evaluator(name, check), or use keywordCheck() and the like.`,
  )
}

/** A misspelt expectation would be met by whatever the agent does. */
function toQuery(given: string | EvaluationQuery): EvaluationQuery {
  const query = typeof given === 'string' ? { query: given } : given
  checkOptions('A query', query, queryParts)
  checkText('query', query.query)
  return query
}

async function evaluateQuery(
  query: EvaluationQuery,
  { agent, evaluators, context = {} }: EvaluateAgentOptions,
): Promise<EvaluatedQuery> {
  let response: AgentResponse
  try {
    response = await ask(agent, query, context)
  } catch (error) {
    return { ...query, passed: false, response: undefined, error: toErrorMessage(error), checks: [] }
  }
  const item = { ...query, response, toolCalls: toToolCalls(response.messages) }
  const checks = await Promise.all(evaluators.map((evaluator) => check(evaluator, item)))
  return { ...query, passed: checks.every(({ passed }) => passed), response, error: undefined, checks }
}

/** Asks an agent; with what its tools have given before, if that is recorded. */
function ask(
  agent: Agent,
  { query, history, recorded }: EvaluationQuery,
  context: InvocationValues,
): PromiseLike<AgentResponse> {
  if (recorded === undefined) return agent.run(query, { context, history })
  const middleware = [playBack(recorded), ...agent.middleware]
  const options = { context, history, onApproval: () => ({ decision: 'approve' }) as const }
  return new AgentRun((onEvent, followers) =>
    runStandalone(toStandaloneRun({ ...agent, middleware }, query, options, { onEvent, followers })),
  )
}

async function check(evaluator: Evaluator, item: EvaluationItem): Promise<EvaluationCheck> {
  const { name } = evaluator
  try {
    return { evaluator: name, ...(await evaluator.evaluate(item)) }
  } catch (error) {
    return { evaluator: name, passed: false, reason: `could not tell: ${toErrorMessage(error)}` }
  }
}

function toToolCalls(messages: readonly ChatMessage[]): readonly ObservedToolCall[] {
  const contents = messages.flatMap((message) => message.contents)
  const results = new Map(
    contents.flatMap((content) => (content.type === 'functionResult' ? [[content.callId, content]] : [])),
  )
  return contents.flatMap((content) => {
    if (content.type !== 'functionCall') return []
    const { result, error } = results.get(content.callId) ?? {}
    return [{ name: content.name, arguments: content.arguments, result, error }]
  })
}

function toFailures({ query, error, checks }: EvaluatedQuery): readonly string[] {
  if (error !== undefined) return [`"${query}": the run failed: ${error}`]
  return checks
    .filter(({ passed }) => !passed)
    .map(({ evaluator, reason }) => `"${query}": ${evaluator}: ${reason}`)
}
