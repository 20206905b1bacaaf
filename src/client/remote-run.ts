import type { Clock } from '../core/clock.js'
import { AgentError, hasCode } from '../core/errors.js'
import { followEvents } from '../core/follow-events.js'
import { isJsonObject, type JsonObject, parseJson } from '../core/json.js'
import { isRetryableCode } from '../core/problem.js'
import { raceAbort } from '../core/race-abort.js'
import type { AgentResponse } from '../core/response.js'
import {
  type RunAddress,
  toAgentPath,
  toApprovalPath,
  toResultsPath,
  toRunPath,
} from '../core/session-paths.js'
import type { ServerSentEvent } from '../core/sse.js'
import { type ApprovalRequested, isTerminal, type RunEvent } from '../run/events.js'
import { advance, emptyRun, isAsking, type OpenCall, type RunState } from '../run/fold.js'
import { toResponse } from '../run/to-response.js'
import type { AppConnection } from './app-connection.js'
import { type ClientTool, findTool } from './client-tool.js'
import { Outage, outlast } from './outage.js'

/** How long to wait before following again a stream that the app ended before the run; ms. */
const pauseMs = 250

/** What a human says about a tool call that waits. */
export interface RemoteDecision {
  readonly decision: 'approve' | 'reject'
  /** Told to the model when the call is rejected. */
  readonly reason?: string | undefined
  /** Used instead of the model's when the call is approved. @default the model's */
  readonly arguments?: JsonObject | undefined
}

/** What a run came to, or what it waits for. */
export interface RemoteResponse<Value = unknown> extends AgentResponse<Value> {
  /** `waiting` when the run goes on only once somebody has answered what it asks: it is not over, and `text` is empty. */
  readonly status: 'completed' | 'waiting'
  /** The tool calls that a human has to decide about: see {@link RemoteSession.decide}. */
  readonly approvals: readonly ApprovalRequested[]
  /** The tool calls that wait for their caller: see {@link RemoteSession.report}. */
  readonly toolCalls: readonly OpenCall[]
}

/** An event of a run (docs/http.md, Events), with its place. */
export type RemoteEvent = RunEvent & {
  /** Dense, from 0 within the run. */
  readonly id: number
}

/** Who answers what a run asks on its way. */
export interface RunHelpers {
  /** What is carried out here when the model asks for it. @default nothing */
  readonly tools?: readonly ClientTool[] | undefined
  /** Asks a human about a tool call that needs one to agree. @default the run is left waiting */
  readonly onApproval?:
    | ((approval: ApprovalRequested) => RemoteDecision | Promise<RemoteDecision>)
    | undefined
}

export interface SeenRun extends RunHelpers {
  readonly app: AppConnection
  readonly address: RunAddress
  /** What begins the run; `undefined` for one that has begun. */
  readonly body: JsonObject | undefined
  readonly clock: Clock
  readonly patienceMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onEvent: (event: RunEvent) => void
}

/**
 * Sees a run to its end, or to where it waits for somebody else, whatever becomes of connections and hosts meanwhile: the
 * message is sent until it has arrived, and the events are followed again from the last that came.
 * @throws {AgentError} what the run failed with, `run_cancelled`, or why it cannot be seen; the signal's reason.
 */
export async function seeRun(run: SeenRun): Promise<RemoteResponse> {
  const outage = new Outage(run)
  const answered = new Set<string>()
  let { body } = run
  let state = emptyRun
  const events = followEvents<RemoteEvent>({
    async open(after) {
      const opened = await (body === undefined ? follow(run, after) : send(run, body))
      outage.end()
      body = undefined
      return opened
    },
    isLast: isTerminal,
    outlast: (failure) => outage.wait(failure),
    pause: () => run.clock.sleep(pauseMs, run.signal),
  })
  for await (const event of events) {
    state = advance(state, event)
    run.onEvent(event)
    if (event.type !== 'run.parked' || !isAsking(state)) continue
    const left = await answerQuestions(run, answered)
    if (left.approvals.length + left.toolCalls.length > 0) return toReply(run, state, 'waiting', left)
  }
  return toEnding(run, state)
}

async function send({ app, address, signal }: SeenRun, body: JsonObject) {
  const { agent, session, run } = address
  const headers = { 'idempotency-key': run }
  const request = { method: 'POST', headers, body: { ...body, sessionId: session }, signal } as const
  return parseEvents(app, await app.follow(`${toAgentPath(agent)}/run`, request))
}

/** The events of a run after one, until the app ends the stream. */
export async function follow(
  { app, address, signal }: Pick<SeenRun, 'app' | 'address' | 'signal'>,
  after: number,
): Promise<AsyncIterable<RemoteEvent>> {
  const headers: Record<string, string> = after < 0 ? {} : { 'last-event-id': String(after) }
  return parseEvents(app, await app.follow(`${toRunPath(address)}/events`, { headers, signal }))
}

async function* parseEvents(
  app: AppConnection,
  events: AsyncIterable<ServerSentEvent>,
): AsyncGenerator<RemoteEvent> {
  for await (const { id = '', event: type, data: text } of events) {
    const data = parseJson(text)
    if (!/^\d{1,15}$/.test(id) || type === undefined || !isJsonObject(data)) throw app.createForeignError()
    yield { type, data, id: Number(id) } as unknown as RemoteEvent
  }
}

interface Questions {
  readonly approvals: readonly ApprovalRequested[]
  readonly toolCalls: readonly OpenCall[]
}

/** Answers what a run asks, as far as there is somebody here to answer it; gives the rest. What was answered here before may not have been heard yet. */
async function answerQuestions(run: SeenRun, answered: Set<string>): Promise<Questions> {
  const { app, address, signal, tools = [], onApproval } = run
  const standing: Partial<Questions> = await outlast(run, () => app.readJson(toRunPath(address), { signal }))
  const approvals = (standing.approvals ?? []).filter(({ approvalId }) => !answered.has(approvalId))
  const toolCalls = (standing.toolCalls ?? []).filter(({ callId }) => !answered.has(callId))
  const decide = async (ask: NonNullable<RunHelpers['onApproval']>) => {
    for (const approval of approvals) {
      const path = toApprovalPath(address, approval.approvalId)
      await answer(run, path, await ask(approval), 'approval_already_decided')
      answered.add(approval.approvalId)
    }
  }
  const carryOut = async (call: OpenCall, tool: ClientTool) => {
    const { callId } = call
    const outcome = await tool.execute(call.arguments, { callId, signal: signal ?? never })
    const results = [{ callId, ...outcome }]
    await answer(run, toResultsPath(address), { results }, 'result_already_reported')
    answered.add(callId)
  }
  const carried = toolCalls.flatMap((call) => {
    const tool = findTool(tools, call)
    return tool === undefined ? [] : [carryOut(call, tool)]
  })
  // Neither a tool nor a human need listen to the signal.
  await raceAbort(Promise.all([...carried, onApproval && decide(onApproval)]), signal ?? never)
  return {
    approvals: approvals.filter(({ approvalId }) => !answered.has(approvalId)),
    toolCalls: toolCalls.filter(({ callId }) => !answered.has(callId)),
  }
}

const never = new AbortController().signal

/** Tells a run something; that somebody else was first is no failure. */
async function answer(
  run: SeenRun,
  path: string,
  body: unknown,
  tooLate: 'approval_already_decided' | 'result_already_reported',
): Promise<void> {
  try {
    await outlast(run, () => run.app.readText(path, { method: 'POST', body, signal: run.signal }))
  } catch (error) {
    if (!hasCode(error, tooLate)) throw error
  }
}

function toEnding(run: SeenRun, state: RunState): RemoteResponse {
  const { outcome } = state
  switch (outcome?.type) {
    case 'run.completed':
      return toReply(run, state, 'completed', { approvals: [], toolCalls: [] })
    case 'run.failed': {
      const { code, detail, issues } = outcome.data
      throw new AgentError(code, detail, { issues, retryable: isRetryableCode(code) })
    }
    case 'run.cancelled':
      throw new AgentError('run_cancelled', `The run was cancelled: ${outcome.data.reason}`)
    default:
      throw run.app.createForeignError()
  }
}

function toReply(
  { address }: SeenRun,
  state: RunState,
  status: RemoteResponse['status'],
  questions: Questions,
): RemoteResponse {
  return { ...toResponse(state, address.run), status, ...questions }
}
