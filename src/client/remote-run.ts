import { AgentError } from '../core/errors.js'
import { followEvents } from '../core/follow-events.js'
import { isJsonObject, type JsonObject, parseJson } from '../core/json.js'
import { isRetryable } from '../core/problem.js'
import type { AgentResponse } from '../core/response.js'
import { toAgentPath, toRunPath } from '../core/session-paths.js'
import type { ServerSentEvent } from '../core/sse.js'
import { type ApprovalRequested, isTerminal, type RunEvent } from '../run/events.js'
import { advance, emptyRun, type RunState } from '../run/fold.js'
import { toResponse } from '../run/to-response.js'
import { isAsking, type OpenCall } from '../run/waiting.js'
import type { AppConnection } from './app-connection.js'
import { HelpDesk, type Questions, type SeenRun, type WatchedRun } from './help-desk.js'
import { Outage } from './outage.js'

/** How long to wait before following again a stream that the app ended before the run; ms. */
const pauseMs = 250

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

/**
 * Sees a run to its end, or to where it waits for somebody else, whatever becomes of connections and hosts meanwhile: the
 * message is sent until it has arrived, and the events are followed again from the last that came.
 * @throws {AgentError} what the run failed with, `run_cancelled`, or why it cannot be seen; the signal's reason.
 */
export async function seeRun(run: SeenRun): Promise<RemoteResponse> {
  const leaving = new AbortController()
  const signals = [leaving.signal, ...(run.signal === undefined ? [] : [run.signal])]
  try {
    return await see({ ...run, signal: AbortSignal.any(signals) })
  } finally {
    leaving.abort(new Error('Nobody waits for the run here any more.'))
  }
}

/** What is asked may be answered by others meanwhile: so the run is followed on while somebody here ponders it. */
async function see(run: WatchedRun): Promise<RemoteResponse> {
  const helpDesk = new HelpDesk(run)
  const reader = followRun(run)
  let state = emptyRun
  let next = reader.next()
  let answering: Promise<Questions> | undefined
  while (true) {
    const news = await (answering === undefined ? next : Promise.race([next, answering]))
    if ('toolCalls' in news) {
      if (news.approvals.length + news.toolCalls.length > 0) return toReply(run, state, 'waiting', news)
      answering = undefined
      continue
    }
    if (news.done === true) return toEnding(run, state)
    const event = news.value
    state = advance(state, event)
    // Where no step has told them: in a run that has joined another one, or has its answer from middleware.
    if (event.type === 'run.completed' && state.steps.length === 0) run.onEvent(toDelta(event.data.response))
    run.onEvent(event)
    next = reader.next()
    if (event.type === 'run.parked' && isAsking(state)) answering = helpDesk.answer()
    else if (state.parked === undefined) answering = undefined
  }
}

function toDelta(text: string): RunEvent {
  return { type: 'message.delta', data: { step: 0, text } }
}

function followRun(run: WatchedRun): AsyncGenerator<RemoteEvent> {
  const outage = new Outage(run)
  let { body } = run
  return followEvents<RemoteEvent>({
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
}

async function send({ app, address, signal }: SeenRun, body: JsonObject) {
  const { agent, session, run } = address
  const named = { ...body, sessionId: session, correlationId: run }
  const request = { method: 'POST', body: named, signal } as const
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

function toEnding(run: SeenRun, state: RunState): RemoteResponse {
  const { outcome } = state
  switch (outcome?.type) {
    case 'run.completed':
      return toReply(run, state, 'completed', { approvals: [], toolCalls: [] })
    case 'run.failed': {
      const { code, detail, issues, retryAfterMs } = outcome.data
      throw new AgentError(code, detail, { issues, retryable: isRetryable(outcome.data), retryAfterMs })
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
