import type { OrchestrationContext } from 'durable-functions'
import { AgentSessionId } from '../session/agent-session-id.js'
import type { ToolRunInput } from '../session/durable-tools.js'
import { toFailureText } from './agent-failure.js'

/** The orchestration that runs another one for a tool call, and brings its output, or why it failed, to the run. */
export function* runForTool(context: OrchestrationContext) {
  const { agent, session, correlationId, callId, orchestration, instanceId, input } =
    context.df.getInput<ToolRunInput>()
  const entity = new AgentSessionId(agent, session).toEntityId()
  try {
    const result: unknown = yield context.df.callSubOrchestrator(orchestration, input, instanceId)
    context.df.signalEntity(entity, 'tool_result', { correlationId, callId, result })
  } catch (error) {
    context.df.signalEntity(entity, 'tool_result', { correlationId, callId, error: toFailureText(error) })
  }
}
