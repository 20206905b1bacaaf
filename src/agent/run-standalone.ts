import { randomUUID } from 'node:crypto'
import { systemClock } from '../core/clock.js'
import { AgentError, toErrorMessage } from '../core/errors.js'
import { type ChatMessage, createTextMessage, noUsage } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import { parseWith, type Schema } from '../core/schema.js'
import type { HistorySummarized, RunEvent, RunRequest, SessionState } from '../run/events.js'
import { type RunState, toOpenApprovals } from '../run/fold.js'
import { RunJournal } from '../run/run-journal.js'
import type { AgentDefinition } from './agent-definition.js'
import type { Delegation } from './delegation.js'
import type { InvocationValues } from './provider-context.js'
import { RunControls } from './run-controls.js'
import { runLoop } from './run-loop.js'
import { toResponse } from './to-answer.js'

export interface StandaloneRun<Value> {
  readonly agent: AgentDefinition
  readonly history: readonly ChatMessage[]
  readonly request: RunRequest
  readonly values: InvocationValues
  /** The session it is a turn of. */
  readonly sessionId?: string | undefined
  readonly sessionState?: SessionState | undefined
  /** What older turns were boiled down to for this run. */
  readonly summarized?: HistorySummarized | undefined
  /** The user's messages before this run. @default 0 */
  readonly messageCount?: number | undefined
  /** The token of the answer that this run comes back for. */
  readonly continuationToken?: string | undefined
  /** Whether somebody follows an answer that is made in the background; otherwise the run ends with its token. @default always */
  readonly isFollowed?: (() => boolean) | undefined
  readonly signal: AbortSignal | undefined
  readonly onEvent: (event: RunEvent) => void
  /** What the answer's value is parsed with. */
  readonly responseFormat: Schema<Value> | undefined
}

/** Runs an agent with a journal in memory: the same loop as a durable run, forgotten at its end. @throws {AgentError} what the run failed with. */
export async function runStandalone<Value>(run: StandaloneRun<Value>): Promise<AgentResponse<Value>> {
  const { agent, history, request, onEvent, continuationToken: token, isFollowed = () => true } = run
  const journal = new RunJournal({
    events: [],
    append: async (expected, events) => expected + events.length,
    onAppended: onEvent,
    deltaDelayMs: 0,
  })
  const correlationId = randomUUID()
  journal.record({ type: 'run.accepted', data: request })
  journal.record({ type: 'run.started', data: { epoch: 1, attempt: 1, turn: 1 } })
  if (run.summarized !== undefined) journal.record({ type: 'history.summarized', data: run.summarized })
  if (token !== undefined) journal.record({ type: 'step.continued', data: { step: 0, token } })
  const signal = run.signal ?? new AbortController().signal
  const cancel = () => void cancelAtProvider(agent, journal.state)
  signal.addEventListener('abort', cancel)
  const state = await runLoop({
    agent,
    journal,
    history,
    sessionId: run.sessionId,
    correlationId,
    messageCount: run.messageCount ?? 0,
    limits: {
      maxSteps: agent.maxSteps,
      maxTokens: agent.maxTokensPerRun,
      stepTimeoutMs: agent.stepTimeoutMs,
      runEnd: agent.runTimeoutMs === undefined ? undefined : systemClock.now() + agent.runTimeoutMs,
    },
    readValues: () => run.values,
    sessionState: run.sessionState ?? {},
    controls: new RunControls(),
    join: async () => false,
    delegation: inMemory,
    waiting: { follows: isFollowed, marksDeltas: true },
    signal,
    clock: systemClock,
    onError: () => {},
  }).finally(() => signal.removeEventListener('abort', cancel))
  if (state.outcome?.type === 'run.failed')
    throw new AgentError(state.outcome.data.code, state.outcome.data.detail)
  if (state.parked === 'background') return { ...toResponse(state, correlationId), value: undefined }
  if (state.parked !== undefined) {
    const [waiting] = toOpenApprovals(state)
    throw new AgentError(
      'invalid_configuration',
      `Tool "${waiting?.name}" waits for an approval, which only a session of AgentFunctionApp can give.`,
    )
  }
  const response = toResponse(state, correlationId)
  return { ...response, value: await toTypedValue(response.value, run.responseFormat) }
}

/** Whoever ends a run ends the work on its answer too. That the run has ended counts, not whether the provider hears of it. */
async function cancelAtProvider({ client }: AgentDefinition, { continuation }: RunState): Promise<void> {
  if (continuation !== undefined) await client.cancel?.(continuation).catch(() => {})
}

/** The schema may change what it accepts: defaults, transforms. */
async function toTypedValue<Value>(
  value: unknown,
  schema: Schema<Value> | undefined,
): Promise<Value | undefined> {
  if (schema === undefined) return undefined
  const parsed = await parseWith(schema, value)
  if (parsed.ok) return parsed.value
  throw new AgentError('response_schema_unmet', 'The answer does not fit the response format.', {
    issues: parsed.issues,
  })
}

/** Agents that work for a run in memory run in memory too. */
const inMemory: Delegation = {
  async run({ agent, message, values, signal }) {
    const request = {
      messages: [createTextMessage('user', message)],
      options: { enableToolCalls: true },
      digest: '',
    }
    try {
      const run = {
        agent,
        history: [],
        request,
        values,
        signal,
        onEvent: () => {},
        responseFormat: undefined,
      }
      const { text, usage } = await runStandalone(run)
      return { result: text, usage }
    } catch (error) {
      signal.throwIfAborted()
      return { error: toErrorMessage(error), usage: noUsage }
    }
  },
  async decide() {},
}
