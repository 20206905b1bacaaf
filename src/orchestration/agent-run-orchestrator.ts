import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions'
import { AgentSessionId } from '../session/agent-session-id.js'
import { type RunReply, toEndEventName } from '../session/replies/run-reply.js'
import { openInput } from '../session/sealed-input.js'
import { createFailure } from './agent-failure.js'
import { readReply, settleReply } from './agent-run-result.js'
import type { AgentRunInput } from './run-call.js'

/** The name of the orchestration that runs an agent for another orchestration. */
export const agentRunOrchestrator = 'dafx-agent-run'

/**
 * Makes the orchestration that sees one run of an agent through: it brings the request to the entity, and when the run has
 * not ended by the end of that operation, waits for the event that the entity raises.
 * @param agents names of the agents this app serves; calling any other would wait for ever
 */
export function createAgentRunOrchestrator(agents: () => readonly string[]): OrchestrationHandler {
  return function* runAgent(context: OrchestrationContext) {
    const { agent, session, request, settle = false } = openInput(context.df.getInput<AgentRunInput>())
    const read = settle ? settleReply : readReply
    const names = agents()
    if (!names.some((name) => name.toLowerCase() === agent.toLowerCase())) {
      const message = `No agent named "${agent}" is registered; there are: ${names.join(', ')}.`
      throw createFailure({ code: 'not_found', message })
    }
    const entity = new AgentSessionId(agent, session).toEntityId()
    const orchestrationId = context.df.instanceId
    const reply: RunReply = yield context.df.callEntity(entity, 'run', { ...request, orchestrationId })
    if (reply?.status !== 'pending') return read(reply)
    const news: RunReply = yield context.df.waitForExternalEvent(toEndEventName(request.correlationId))
    return read(news)
  }
}
