import type { Task } from 'durable-functions'
import { AgentError } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import { type Schema, toIssue } from '../core/schema.js'
import { toAgentError } from './agent-failure.js'
import type { AgentRunResult } from './agent-run-result.js'

/**
 * A run of an agent as a task of its orchestration. `yield*` it for the typed result, and for failures as `AgentError`;
 * `yield` it, alone or in `Task.all` and `Task.any`, as any task: its result is the same in JSON.
 */
export interface AgentTask<Value = JsonValue | undefined> extends Task {
  readonly sessionId: string
  readonly correlationId: string
  [Symbol.iterator](): Generator<Task, AgentRunResult<Value>, unknown>
}

/** Makes a task of a sub-orchestration one whose results and failures are read. */
export function toAgentTask<Value>(
  task: Task,
  ids: { readonly sessionId: string; readonly correlationId: string },
  schema: Schema<Value> | undefined,
): AgentTask<Value> {
  function* awaitResult(): Generator<Task, AgentRunResult<Value>, unknown> {
    let result: AgentRunResult
    try {
      result = (yield task) as AgentRunResult
    } catch (error) {
      throw toAgentError(error)
    }
    return { ...result, value: toValue(schema, result.value) }
  }
  return Object.assign(task, { ...ids, [Symbol.iterator]: awaitResult })
}

/**
 * What a schema makes of a value that the agent has checked against its JSON Schema.
 * @throws {AgentError} `response_schema_unmet` when the schema asks for more than JSON Schema can say.
 */
export function toValue<Value>(schema: Schema<Value> | undefined, value: JsonValue | undefined): Value {
  const parsed = schema?.['~standard'].validate(value)
  // An orchestrator cannot await: schemas that check elsewhere leave the value as it came.
  if (parsed === undefined || parsed instanceof Promise) return value as Value
  if (parsed.issues === undefined) return parsed.value
  const issues = parsed.issues.map(toIssue)
  throw new AgentError('response_schema_unmet', 'The answer does not fit responseFormat.', { issues })
}
