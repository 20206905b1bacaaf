export { keywordCheck, toolCallArgsMatch, toolCalledCheck, toolCallsPresent } from './checks.js'
export {
  type EvaluateAgentOptions,
  type EvaluatedQuery,
  type EvaluationCheck,
  type EvaluationResult,
  evaluateAgent,
} from './evaluate-agent.js'
export {
  type CheckResult,
  type EvaluationItem,
  type EvaluationQuery,
  type Evaluator,
  type ExpectedToolCall,
  evaluator,
  type ObservedToolCall,
} from './evaluator.js'
export { type ModelJudgeOptions, modelJudge } from './model-judge.js'
export { onlyRecordedCalls } from './play-back.js'
export { recordedQueries } from './recorded-queries.js'
