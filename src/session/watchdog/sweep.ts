import type { AgentDefinition } from '../../agent/agent-definition.js'
import { measureEnd } from '../../agent/telemetry/run-meter.js'
import { AgentError } from '../../core/errors.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import { toProblem } from '../../core/problem.js'
import { type StoredEvent, type TerminalEvent, toRunRequest } from '../../run/events.js'
import { findOpenRuns } from '../../run/find-runs.js'
import { fold } from '../../run/fold.js'
import type { RunKey, RunLog, RunSummary, SessionKey } from '../../run/run-log.js'
import { tryAppend } from '../../run/try-append.js'
import { stopOthers, toStopped, type WayMaking } from '../client/make-way.js'
import { cancelAnswers, findAnswersOf } from '../delegation/open-answers.js'
import { logsAtATime } from '../logs-at-a-time.js'
import { findWanted } from './find-wanted.js'

/** What the sweeper looks after, and how patient it is. */
export interface SweepOptions extends WayMaking {
  /** The agents that this app serves. */
  readonly agents: readonly AgentDefinition[]
  /** A run whose log has not moved for so long is signalled again; ms. */
  readonly stallMs: number
  /** A run that was begun so often without ending is given up. */
  readonly maxAttempts: number
  /** Sessions in which nothing has happened for so long are deleted; ms. `undefined` keeps them. */
  readonly sessionTtlMs: number | undefined
  /** Logs of runs that ended so long ago are deleted; ms. `undefined` keeps them. */
  readonly runRetentionMs: number | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What one sweep did. */
export interface SweepReport {
  readonly signalled: number
  readonly givenUp: number
  readonly expired: number
  /** Logs of ended runs that were deleted. */
  readonly forgotten: number
}

/** How much one sweep takes on; the rest is left to the next. */
const limit = 500

/**
 * Sees to what nobody else does: wakes runs that stand still because a signal was lost or their host died, gives up those
 * that bring their hosts down again and again, and deletes sessions that nobody uses any more. When there is nothing to
 * do it costs one look at an index. @throws what kept it from seeing to a run, once all else is done.
 */
export async function sweep(options: SweepOptions): Promise<SweepReport> {
  const stalled = await findStalled(options)
  // A run that cannot be seen to must keep nobody from the rest, neither now nor ever.
  const wakened = await forEachSettled(stalled, (key) => wake(options, key))
  const expired = await expireSessions(options)
  const forgotten = await forgetEndedRuns(options)
  for (const one of [...wakened, ...expired]) if (one.status === 'rejected') throw one.reason
  const count = (outcome: string) =>
    wakened.filter((one) => one.status === 'fulfilled' && one.value === outcome).length
  return {
    signalled: count('signalled'),
    givenUp: count('given up'),
    expired: expired.length,
    forgotten,
  }
}

/** What stands still, but not for good reason. */
function findStalled(options: SweepOptions): Promise<readonly RunKey[]> {
  const { log, stallMs, now } = options
  const before = now - stallMs
  const opens = new Map<string, Promise<readonly RunSummary[]>>()
  const isServed = isServedBy(options)
  return findWanted(
    limit,
    (count) => log.stalled({ before, now, limit: count }),
    async (key) => isServed(key) && !(await waitsBehindOther(log, key, before, opens)),
  )
}

/**
 * The first run of a session that has not ended goes on before the others; while it waits for a human, waking them is no use.
 * While it is worked on, it may do harm: where the session has moved to another host meanwhile, that would take the run over.
 * But for one that has come to stop it, and whose caller did not live to say so.
 */
async function waitsBehindOther(
  log: RunLog,
  key: RunKey,
  before: number,
  opens: Map<string, Promise<readonly RunSummary[]>>,
): Promise<boolean> {
  const name = JSON.stringify([key.agent, key.session])
  const finding = opens.get(name) ?? findOpen(log, key)
  opens.set(name, finding)
  const open = await finding
  const [first] = open
  if (first === undefined || first.run === key.run) return false
  const isWaiting = first.status === 'parked'
  if (!isWaiting && (first.turn === 0 || !(await hasMoved(log, { ...key, run: first.run }, before))))
    return false
  const request = toRunRequest(await log.read(key))
  const runs = open.map(({ run }) => run)
  return request === undefined || !toStopped(runs, key.run, request.options).includes(first.run)
}

async function hasMoved(log: RunLog, key: RunKey, since: number): Promise<boolean> {
  const last = (await log.read(key).catch(() => [])).at(-1)
  return last !== undefined && last.at >= since
}

/** A session that cannot be read has nobody that is known to wait: whoever wakes its runs learns why. */
function findOpen(log: RunLog, key: SessionKey): Promise<readonly RunSummary[]> {
  return findOpenRuns(log, key).catch(() => [])
}

function isServedBy({ agents }: SweepOptions): (key: SessionKey) => boolean {
  return ({ agent }) => agents.some(({ name }) => name === agent)
}

async function wake(
  { log, agents, signal, maxAttempts, now }: SweepOptions,
  key: RunKey,
): Promise<'signalled' | 'given up'> {
  const events = await log.read(key)
  const { attempt, outcome, parked, request, turn } = fold(events)
  const isHopeless = outcome === undefined && parked === undefined && attempt >= maxAttempts
  let isGivenUp = false
  if (isHopeless) {
    const agent = agents.find(({ name }) => name === key.agent)
    const answers = agent === undefined ? [] : await findAnswersOf(agent, log, key)
    isGivenUp = await giveUp({ log, now }, key, events, attempt)
    if (isGivenUp) await cancelAnswers(answers)
  }
  if (turn === 0 && request !== undefined) await stopOthers({ log, signal }, key, request.options)
  // One that is given up is taken in by its session, which tells whoever waits for it, and goes on with the next.
  await signal(key, 'continue', { correlationId: key.run })
  return isGivenUp ? 'given up' : 'signalled'
}

/** False when somebody works on it after all. */
async function giveUp(
  { log, now }: Pick<SweepOptions, 'log' | 'now'>,
  key: RunKey,
  events: readonly StoredEvent[],
  attempt: number,
): Promise<boolean> {
  const message = `The run was begun ${attempt} times and never came to an end.`
  const error = new AgentError('internal', message, { retryable: true })
  const data = toProblem(error, { sessionId: key.session, correlationId: key.run })
  const failed: TerminalEvent = { type: 'run.failed', data }
  if (!(await tryAppend(log, key, events.length, failed))) return false
  measureEnd({ agent: { name: key.agent }, acceptedAt: events[0]?.at, endedAt: now }, failed)
  return true
}

/** Has the sessions deleted that nobody uses any more. */
async function expireSessions({ log, agents, signal, sessionTtlMs, now }: SweepOptions) {
  if (sessionTtlMs === undefined) return []
  const before = now - sessionTtlMs
  const unused = await Promise.all(agents.map(({ name }) => findUnused(log, name, before)))
  // Somebody may use one again before its entity hears of this.
  const deletion = { before, unlessUsed: true }
  return forEachSettled(unused.flat(), (key) => signal(key, 'delete', deletion))
}

/** Sessions of an agent that nobody has used since `before`. One whose run waits for a human, or that is to be sent a message, is used, however long that takes. */
function findUnused(log: RunLog, agent: string, before: number): Promise<readonly SessionKey[]> {
  return findWanted(
    limit,
    (count) => log.idleSessions(agent, before, count),
    (key) => isAtRest(log, key),
  )
}

/** One that cannot be read stays: whoever uses it learns why. */
async function isAtRest(log: RunLog, key: SessionKey): Promise<boolean> {
  const finding = Promise.all([findOpenRuns(log, key), log.scheduled(key)])
  const found = await finding.catch(() => undefined)
  return found?.flat().length === 0
}

/** What came of the work on each, also where it failed. */
async function forEachSettled<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>) {
  const settled = await forEachLimited(items, logsAtATime, (item) => Promise.allSettled([work(item)]))
  return settled.flat()
}

/** With its log a run loses its receipt too: its correlation id may then be used anew. */
async function forgetEndedRuns({ log, runRetentionMs, now }: SweepOptions): Promise<number> {
  return runRetentionMs === undefined ? 0 : log.deleteEndedBefore(now - runRetentionMs, limit)
}
