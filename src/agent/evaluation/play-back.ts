import { toCanonicalJson } from '../../core/json.js'
import type { FunctionMiddleware } from '../middleware.js'
import { type EvaluationItem, type Evaluator, evaluator, type ObservedToolCall } from './evaluator.js'

type Call = Pick<ObservedToolCall, 'name' | 'arguments'>

/** Has calls give what was recorded of them, one after the other where calls are alike; no tool is executed. The model is told when there is nothing. */
export function playBack(recorded: readonly ObservedToolCall[]): FunctionMiddleware {
  let left = recorded
  return {
    async callTool({ tool: { name }, arguments: args }) {
      const wanted = { name, arguments: args }
      const found = left.find(isLike(wanted)) ?? recorded.findLast(isLike(wanted))
      left = left.filter((call) => call !== found)
      if (found === undefined) throw new Error('Nothing is recorded of such a call.')
      if (found.error !== undefined) throw new Error(found.error)
      return found.result ?? null
    },
  }
}

/** Whether every tool call was made before, with the same arguments, so that the answer rests on what was recorded. */
export function onlyRecordedCalls(): Evaluator {
  return evaluator('only_recorded_calls', ({ recorded = [], toolCalls }: EvaluationItem) => {
    const others = toolCalls.filter((call) => !recorded.some(isLike(call)))
    const reason = others.map((call) => `${call.name} ${toCanonicalJson(call.arguments)}`).join(', ')
    return others.length === 0
      ? { passed: true, reason: 'every call is recorded' }
      : { passed: false, reason: `not recorded: ${reason}` }
  })
}

function isLike({ name, arguments: args }: Call): (call: Call) => boolean {
  const wanted = toCanonicalJson(args)
  return (call) => call.name === name && toCanonicalJson(call.arguments) === wanted
}
