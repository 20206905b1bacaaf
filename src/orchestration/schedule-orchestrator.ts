import type { OrchestrationContext, Task } from 'durable-functions'
import { AgentSessionId } from '../session/agent-session-id.js'
import type { ScheduledSending } from '../session/scheduled/scheduled-messages.js'

/** How long the session's entity has to answer before it is asked again; ms. */
const patienceMs = 15 * 60_000
const attempts = 20

/**
 * The orchestration that waits until a message is to be sent, and has its session's entity send it. No watchdog looks after what is to be sent
 * later, so it insists on an answer.
 */
export function* sendWhenDue(context: OrchestrationContext): Generator<Task, void, unknown> {
  const { df } = context
  const { agent, session, correlationId, sendAt } = df.getInput<ScheduledSending>()
  const entity = new AgentSessionId(agent, session).toEntityId()
  yield df.createTimer(new Date(sendAt))
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const sending = df.callEntity(entity, 'send', { correlationId, sendAt })
    const patience = df.createTimer(new Date(df.currentUtcDateTime.getTime() + patienceMs))
    if ((yield df.Task.any([sending, patience])) === patience) continue
    patience.cancel()
    return
  }
}
