import { randomUUID } from 'node:crypto'
import { systemClock } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import type { ChatMessage } from '../core/messages.js'
import { isRetryable, type Problem, toProblem } from '../core/problem.js'
import { raceAbort } from '../core/race-abort.js'
import type { AgentResponse } from '../core/response.js'
import { parseWith, type Schema } from '../core/schema.js'
import type { RunFollowers } from '../run/agent-run.js'
import type { HistorySummarized, RunEvent, RunRequest } from '../run/events.js'
import type { RunState } from '../run/fold.js'
import { RunJournal } from '../run/run-journal.js'
import { toResponse } from '../run/to-response.js'
import { toOpenApprovals } from '../run/waiting.js'
import { type ApprovalHandler, askApproval } from './ask-approval.js'
import { toAgentLimits } from './loop/agent-limits.js'
import { toOpenTokens } from './loop/open-tokens.js'
import type { RunSetup } from './loop/run-context.js'
import { RunControls } from './loop/run-controls.js'
import { runLoop } from './loop/run-loop.js'
import type { InvocationValues } from './providers/provider-context.js'
import { observeRun } from './telemetry/observe-run.js'
import type { RunObserver } from './telemetry/observed-run.js'

/** What the loop is given of it as it is. */
type Handed = 'agent' | 'history' | 'delegation' | 'depth' | 'isFromUntrusted' | 'signal' | 'onError'

/** What the loop is given of the session that it is a turn of. */
type OfSession = 'sessionId' | 'sessionState' | 'messageCount'

/** A run of an agent in memory. */
export interface StandaloneRun<Value> extends Pick<RunSetup, Handed>, Partial<Pick<RunSetup, OfSession>> {
  readonly request: RunRequest
  readonly values: InvocationValues
  /** Tokens that the session has spent before. @default it is no turn of one */
  readonly sessionTokens?: number | undefined
  /** What older turns were boiled down to for this run. */
  readonly summarized?: HistorySummarized | undefined
  /** The token of the answer that this run comes back for. */
  readonly continuationToken?: string | undefined
  /** Whether the session has this message already. @default it never has */
  readonly isTaken?: ((message: ChatMessage) => boolean) | undefined
  /** Who follows an answer that is made in the background; without anybody the run ends with its token. @default somebody always */
  readonly followers?: RunFollowers | undefined
  /** By then a run that it works for has to be over; ms since 1970. @default there is none */
  readonly runEnd?: number | undefined
  readonly onEvent: (event: RunEvent) => void
  readonly onApproval: ApprovalHandler | undefined
  /** What the answer's value is parsed with. */
  readonly responseFormat: Schema<Value> | undefined
}

/** Runs an agent with a journal in memory: the same loop as a durable run, forgotten at its end. @throws {AgentError} what the run failed with. */
export async function runStandalone<Value>(
  run: StandaloneRun<Value>,
): Promise<AgentResponse<Value | undefined>> {
  const errors: unknown[] = []
  const correlationId = randomUUID()
  const state = await observeRun(
    { agent: run.agent, sessionId: run.sessionId, correlationId, events: [], clock: systemClock },
    (observer) => {
      const setup = toSetup({ ...run, onEvent: tellBoth(run, observer) }, correlationId, (error) =>
        errors.push(error),
      )
      return runCancellably(setup, () => runWithApprovals(setup, run.onApproval))
    },
  )
  if (state.outcome?.type === 'run.failed') throw toFailure(state.outcome.data, errors)
  for (const error of errors) run.onError(error)
  const response = toResponse(state, correlationId)
  if (state.parked !== undefined) return { ...response, value: undefined }
  return { ...response, value: await toTypedValue(response.value, run.responseFormat) }
}

/**
 * What a run failed with, as it was thrown: nobody but the caller is there to be told.
 * Security: the message may be passed on, to models and over MCP, so what an unexpected error says is in its cause only.
 */
function toFailure(problem: Problem, errors: readonly unknown[]): AgentError {
  const { code, detail, issues, retryAfterMs } = problem
  const cause = errors.find((error) => toProblem(error).detail === detail)
  if (cause instanceof AgentError) return cause
  const message =
    cause === undefined ? detail : 'An unexpected error occurred, which is the cause of this one.'
  return new AgentError(code, message, { issues, cause, retryable: isRetryable(problem), retryAfterMs })
}

function tellBoth({ onEvent }: StandaloneRun<unknown>, observer: RunObserver): (event: RunEvent) => void {
  return (event) => {
    observer.note(event)
    onEvent(event)
  }
}

function toSetup(run: StandaloneRun<unknown>, correlationId: string, onError: RunSetup['onError']): RunSetup {
  const { agent, followers, sessionId, sessionState = {}, messageCount = 0 } = run
  return {
    ...run,
    journal: openJournal(run),
    sessionId,
    sessionState,
    messageCount,
    correlationId,
    limits: { ...toAgentLimits(agent, run.sessionTokens), runEnd: toRunEnd(run) },
    readValues: () => run.values,
    controls: new RunControls(),
    join: async () => false,
    hasJoined: async () => false,
    waiting: {
      follows: () => followers?.isFollowed() ?? true,
      isLeftToCaller: true,
      isTaken: run.isTaken,
      left: followers?.left,
    },
    clock: systemClock,
    onError,
  }
}

function toRunEnd({ agent: { runTimeoutMs }, runEnd }: StandaloneRun<unknown>): number | undefined {
  if (runTimeoutMs === undefined) return runEnd
  return Math.min(runEnd ?? Number.POSITIVE_INFINITY, systemClock.now() + runTimeoutMs)
}

function openJournal(run: StandaloneRun<unknown>): RunJournal {
  const { request, summarized, continuationToken: token, onEvent } = run
  const journal = new RunJournal({
    events: [],
    append: async (expected, events) => expected + events.length,
    onAppended: onEvent,
    deltaDelayMs: 0,
  })
  journal.record({ type: 'run.accepted', data: request })
  journal.record({ type: 'run.started', data: { epoch: 1, attempt: 1, turn: 1 } })
  if (summarized !== undefined) journal.record({ type: 'history.summarized', data: summarized })
  if (token !== undefined) journal.record({ type: 'step.continued', data: { step: 0, token } })
  return journal
}

/** Carries a run on until it needs no more decisions. Their time is not the run's. */
async function runWithApprovals(setup: RunSetup, onApproval: ApprovalHandler | undefined): Promise<RunState> {
  const { agent, journal, controls, signal, clock } = setup
  let waitedMs = 0
  for (;;) {
    const state = await runLoop(withLaterEnd(setup, waitedMs))
    if (state.parked === undefined || state.parked === 'background') return state
    const askedAt = clock.now()
    for (const approval of toOpenApprovals(state)) {
      const answer = await raceAbort(askApproval(agent, approval, onApproval), signal)
      const { approvalId } = approval
      controls.update([...controls.records, { type: 'decision', approvalId, ...answer }])
    }
    waitedMs += clock.now() - askedAt
    journal.record({ type: 'run.resumed', data: { reason: state.parked } })
  }
}

function withLaterEnd(setup: RunSetup, byMs: number): RunSetup {
  const { runEnd } = setup.limits
  return runEnd === undefined ? setup : { ...setup, limits: { ...setup.limits, runEnd: runEnd + byMs } }
}

/** Whoever ends a run ends the work on its answer too. That the run has ended counts, not whether the provider hears of it. */
async function runCancellably(
  { agent, journal, signal }: RunSetup,
  run: () => Promise<RunState>,
): Promise<RunState> {
  const cancel = () => {
    for (const token of toOpenTokens(agent, journal.state)) agent.client.cancel?.(token).catch(() => {})
  }
  signal.addEventListener('abort', cancel)
  try {
    return await run()
  } finally {
    signal.removeEventListener('abort', cancel)
  }
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
