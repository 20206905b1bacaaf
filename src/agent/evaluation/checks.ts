import { checkCount } from '../../core/check-count.js'
import { isJsonObject, type JsonObject, type JsonValue, toCanonicalJson } from '../../core/json.js'
import {
  type CheckResult,
  type EvaluationItem,
  type Evaluator,
  type ExpectedToolCall,
  evaluator,
} from './evaluator.js'

/** Whether the answer has all of these words; case does not count. @throws {AgentError} `invalid_configuration` without any, which every answer has. */
export function keywordCheck(...keywords: readonly string[]): Evaluator {
  checkCount('the number of keywords', keywords.length)
  return evaluator('keyword_check', ({ response }) => {
    const text = response.text.toLowerCase()
    return toResult(
      keywords.filter((keyword) => !text.includes(keyword.toLowerCase())),
      'the answer lacks',
    )
  })
}

/** Whether each of these tools was called. @throws {AgentError} `invalid_configuration` without any. */
export function toolCalledCheck(...names: readonly string[]): Evaluator {
  checkCount('the number of tools', names.length)
  return evaluator('tool_called_check', ({ toolCalls }) =>
    toResult(
      names.filter((name) => toolCalls.every((call) => call.name !== name)),
      'not called:',
    ),
  )
}

/** Whether each of the query's expected tools was called, as often as it is expected; with which arguments does not count. */
export function toolCallsPresent(): Evaluator {
  return evaluator('tool_calls_present', (item) => findExpected(item, () => true))
}

/** Whether each of the query's expected tool calls was made with the expected arguments; other calls and other arguments do not count. */
export function toolCallArgsMatch(): Evaluator {
  return evaluator('tool_call_args_match', (item) =>
    findExpected(item, (expected, actual) => contains(actual, expected)),
  )
}

/** Finds for each expected call another one that was made; the most demanding ones choose first. */
function findExpected(
  { expectedToolCalls = [], toolCalls }: EvaluationItem,
  fits: (expected: JsonObject, actual: JsonObject | string) => boolean,
): CheckResult {
  const left = [...toolCalls]
  const missing: ExpectedToolCall[] = []
  for (const expected of expectedToolCalls.toSorted((a, b) => countDemands(b) - countDemands(a))) {
    const { name, arguments: args } = expected
    const found = left.findIndex(
      (call) => call.name === name && (args === undefined || fits(args, call.arguments)),
    )
    if (found === -1) missing.push(expected)
    else left.splice(found, 1)
  }
  const calls = toolCalls.map(({ name, arguments: args }) => `${name}(${JSON.stringify(args)})`)
  return toResult(
    missing.map(({ name, arguments: args }) => `${name}(${args === undefined ? '' : JSON.stringify(args)})`),
    `of the calls ${calls.join(', ') || '(none)'} none is`,
  )
}

function countDemands({ arguments: args = {} }: ExpectedToolCall): number {
  return Object.keys(args).length
}

/** Whether a value is the expected one, or an object that has at least its members. */
function contains(actual: JsonValue | undefined, expected: JsonValue | undefined): boolean {
  if (!isJsonObject(expected)) return toCanonicalJson(actual) === toCanonicalJson(expected)
  return (
    isJsonObject(actual) && Object.entries(expected).every(([name, member]) => contains(actual[name], member))
  )
}

function toResult(missing: readonly string[], lack: string): CheckResult {
  return missing.length === 0
    ? { passed: true, reason: 'all found' }
    : { passed: false, reason: `${lack} ${missing.join(', ')}` }
}
