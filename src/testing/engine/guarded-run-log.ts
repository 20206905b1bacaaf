import type { ControlRecord } from '../../run/control.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import type { Actor } from './boundary.js'
import type { Observations } from './observations.js'
import type { TestProcess } from './test-process.js'
import type { Watchers } from './watchers.js'

export interface GuardedRunLogOptions {
  readonly log: RunLog
  readonly process: TestProcess
  readonly actor: Actor
  readonly observations: Observations
  readonly watchers: Watchers
}

/** A process's handle on the run log: each use is a boundary, and the handle of a dead process does nothing. */
export function createGuardedRunLog({
  log,
  process,
  actor,
  observations,
  watchers,
}: GuardedRunLogOptions): RunLog {
  const read = <T>(name: string, effect: () => Promise<T>): Promise<T> =>
    process.cross({ actor, name, type: 'read', canFail: true }, effect)
  const write = <T>(name: string, effect: () => Promise<T>): Promise<T> =>
    process.cross({ actor, name, type: 'write', canFail: true }, async () => {
      const result = await effect()
      observations.version += 1
      return result
    })
  return {
    deltaDelayMs: log.deltaDelayMs,
    create: (key, request, attachments) =>
      write(`create ${key.run}`, async () => {
        const creation = await log.create(key, request, attachments)
        if (creation.outcome === 'created') observations.accepted(key)
        return creation
      }),
    flush: () => read('flush the run log', () => log.flush()),
    append: (key, expected, events) =>
      write(`append ${events.map(({ type }) => type).join(', ')} to ${key.run}`, async () => {
        const next = await log.append(key, expected, events)
        observations.appended(process.number, key, events, process.clock.now())
        return next
      }).catch((error) => {
        observations.appendFailed(process.number, key, error)
        throw error
      }),
    control: (key, record) =>
      write(`file ${record.type} for ${key.run}`, async () => {
        const isFirst = await log.control(key, record)
        if (isFirst) watchers.filed(key)
        return isFirst
      }),
    deleteSession: (key, before) => write(`delete ${key.session}`, () => log.deleteSession(key, before)),
    deleteEndedRuns: (key, which) =>
      write(`delete ended runs of ${key.session}`, () => log.deleteEndedRuns(key, which)),
    deleteEndedBefore: (before, limit) =>
      write('delete old runs', () => {
        observations.forgettingEnded(before)
        return log.deleteEndedBefore(before, limit)
      }),
    readAttachment: (key, digest) =>
      read(`read an attachment of ${key.run}`, () => log.readAttachment(key, digest)),
    read: (key, after) => read(`read ${key.run}`, () => log.read(key, after)),
    controls: (key) => read(`read wishes for ${key.run}`, () => log.controls(key)),
    runsAfter: (key, turn) => read(`list runs of ${key.session}`, () => log.runsAfter(key, turn)),
    runsUpTo: (key, turn, limit) =>
      read(`list old runs of ${key.session}`, () => log.runsUpTo(key, turn, limit)),
    scheduled: (key) => read(`list what is to be sent to ${key.session}`, () => log.scheduled(key)),
    session: (key) => read(`read ${key.session}`, () => log.session(key)),
    sessions: (agent, query) => read(`list sessions of ${agent}`, () => log.sessions(agent, query)),
    stalled: (query) => read('list stalled runs', () => log.stalled(query)),
    parked: (query) => read('list parked runs', () => log.parked(query)),
    idleSessions: (agent, before, limit) =>
      read(`list idle sessions of ${agent}`, () => log.idleSessions(agent, before, limit)),
    follow: (key, after, signal) => relay(process, signal, (stop) => log.follow(key, after, stop)),
    watchControls: (key, signal) => watch({ log, process, watchers }, key, signal),
    probe: () => log.probe(),
    close: async () => {},
  }
}

async function* watch(
  { log, process, watchers }: Pick<GuardedRunLogOptions, 'log' | 'process' | 'watchers'>,
  key: RunKey,
  signal: AbortSignal,
): AsyncGenerator<readonly ControlRecord[]> {
  const watcher = watchers.enter(key, process)
  try {
    for await (const records of relay(process, signal, (stop) => log.watchControls(key, stop))) {
      watcher.isBehind = false
      yield records
    }
  } finally {
    watchers.leave(watcher)
  }
}

/** What a process is told of news, when the engine lets the news through. */
async function* relay<T>(
  process: TestProcess,
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  for await (const news of open(AbortSignal.any([signal, process.death]))) {
    await process.cross(undefined, () => {})
    yield news
  }
}
