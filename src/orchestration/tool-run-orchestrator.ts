import type { OrchestrationContext, Task } from 'durable-functions'
import type { JsonValue } from '../core/json.js'
import { AgentSessionId } from '../session/agent-session-id.js'
import type { ToolRunInput, ToolRunOutput } from '../session/execution/durable-tools.js'
import { openInput } from '../session/sealed-input.js'
import { toFailureText } from './agent-failure.js'

/**
 * The orchestration that runs another one for a tool call, and brings its output, or why it failed, to the run. Gives the
 * same, for a call that comes to it when it has ended.
 */
export function* runForTool(context: OrchestrationContext): Generator<Task, ToolRunOutput, unknown> {
  const { agent, session, correlationId, callId, idempotencyKey, orchestration, instanceId, input } =
    openInput(context.df.getInput<ToolRunInput>())
  const entity = new AgentSessionId(agent, session).toEntityId()
  let output: ToolRunOutput
  try {
    const result = yield context.df.callSubOrchestrator(orchestration, input, instanceId)
    output = { result: (result ?? null) as JsonValue }
  } catch (error) {
    output = { error: toFailureText(error) }
  }
  context.df.signalEntity(entity, 'tool_result', { correlationId, callId, idempotencyKey, ...output })
  return output
}
