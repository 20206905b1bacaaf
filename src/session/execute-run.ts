import type { AgentDefinition } from '../agent/agent-definition.js'
import { runLoop } from '../agent/run-loop.js'
import { toRequestText, toResponse } from '../agent/to-answer.js'
import { toUpdate } from '../agent/to-update.js'
import type { ChatMessage } from '../core/messages.js'
import type { RunEvent } from '../run/events.js'
import { RunJournal } from '../run/run-journal.js'
import type { RunKey, RunLog } from '../run/run-log.js'
import { CallbackQueue } from './callback-queue.js'
import type { AgentCallbackContext, AgentResponseCallback } from './response-callback.js'

export interface RunExecution {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly key: RunKey
  readonly callback: AgentResponseCallback | undefined
  /** The conversation before this run. */
  readonly history: readonly ChatMessage[]
  /** The run's place in the session. */
  readonly turn: number
  /** The user's messages before this run. */
  readonly messageCount: number
  readonly onError: (error: unknown) => void
}

/**
 * Takes a run over and carries it to its end, from wherever its log stands: what is recorded is not done again.
 * Does nothing when the run has ended.
 * @throws {FencedError} when another executor takes it over, or it is deleted.
 */
export async function executeRun(execution: RunExecution): Promise<void> {
  const { agent, log, key, turn, history, onError } = execution
  const events = await log.read(key)
  const callbacks = new CallbackQueue({ onError })
  const journal: RunJournal = new RunJournal({
    events,
    append: (expected, added) => log.append(key, expected, added),
    onAppended: (event) => announce(event, execution, journal, callbacks),
  })
  const { state } = journal
  if (state.request === undefined || state.outcome !== undefined) return
  journal.record({ type: 'run.started', data: { epoch: state.epoch + 1, attempt: state.attempt + 1, turn } })
  await journal.flush()
  await runLoop({
    agent,
    journal,
    history,
    sessionId: key.session,
    correlationId: key.run,
    messageCount: execution.messageCount + state.request.messages.length,
    signal: journal.broken,
    onError,
  })
  await callbacks.drain()
}

function announce(
  event: RunEvent,
  { key, callback }: RunExecution,
  journal: RunJournal,
  callbacks: CallbackQueue,
): void {
  if (callback === undefined) return
  const context: AgentCallbackContext = {
    agentName: key.agent,
    correlationId: key.run,
    sessionId: key.session,
    requestMessage: toRequestText(journal.state.request?.messages ?? []),
  }
  const update = toUpdate(event)
  if (update !== undefined) callbacks.add(() => callback.onStreamingResponseUpdate?.(update, context))
  if (event.type === 'run.completed') {
    callbacks.add(() => callback.onAgentResponse?.(toResponse(journal.state, key.run), context))
  }
}
