import type { AgentResponse, AgentResponseUpdate } from '../../core/response.js'

/** Which run a callback is told about. */
export interface AgentCallbackContext {
  readonly agentName: string
  readonly correlationId: string
  readonly sessionId: string
  /** The text the user sent. */
  readonly requestMessage: string
}

/**
 * Observes the runs of an agent, from inside its entity. Updates come in order, one at a time, each after it was written
 * to the run log; after a crash the steps that had not been recorded are told again, behind an update with `isReset`. Whatever a callback throws is logged
 * and changes nothing. The session's next message waits for callbacks, at most 10 s after the run.
 *
 * @example
 * const consoleLogger: AgentResponseCallback = {
 *   onStreamingResponseUpdate: (update, { agentName }) => console.log(`[${agentName}] chunk: ${update.text}`),
 *   onAgentResponse: (response, { agentName }) => console.log(`[${agentName}] final: ${response.text}`),
 * }
 */
export interface AgentResponseCallback {
  /** Called with each increment of the answer. */
  onStreamingResponseUpdate?(update: AgentResponseUpdate, context: AgentCallbackContext): void | Promise<void>
  /** Called when the run has completed, at most once: a crash right after that leaves it out. Not when it failed, nor for a message that joined another run. */
  onAgentResponse?(response: AgentResponse, context: AgentCallbackContext): void | Promise<void>
}
