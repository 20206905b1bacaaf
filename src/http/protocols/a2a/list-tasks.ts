import { z } from 'zod'
import { parseJson } from '../../../core/json.js'
import type { RunKey, RunSummary, SessionKey } from '../../../run/run-log.js'
import { parseSessionId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import { hasSession } from '../has-session.js'
import { type Task, taskStates } from './a2a-wire.js'
import { toStandingTask } from './follow-task.js'
import { historyLength } from './message-params.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { parseParams } from './rpc-request.js'
import { showTask } from './show-task.js'

/** Source: A2A 1.0, `TaskState`; the official client sends the first, and others nothing, for all of them. */
const states = [
  'TASK_STATE_UNSPECIFIED',
  '',
  ...taskStates,
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
]

/** Source: A2A 1.0, `ListTasksRequest`. */
const listParams = z.looseObject({
  contextId: z.string().nullish(),
  status: z.enum(states, { error: 'must be a state of tasks, such as TASK_STATE_WORKING' }).nullish(),
  pageSize: z.number().int().min(1).max(100).nullish(),
  pageToken: z.string().nullish(),
  historyLength,
  statusTimestampAfter: z.iso.datetime({ offset: true }).nullish(),
  includeArtifacts: z.boolean().nullish(),
})

type ListParams = z.infer<typeof listParams>

/** So many sessions, and so many tasks in all of them, are looked through. */
const longest = { sessions: 100, tasks: 1000 }

/** `ListTasks`: the caller's tasks in one context, or in those used last; the ones that have changed last first. Of very many the oldest are left out. */
export async function listTasks(rpc: RpcCall): Promise<RpcResult> {
  const { agent } = rpc
  const params = parseParams(listParams, rpc.params)
  const { pageSize: asked } = params
  const pageSize = asked ?? 50
  const last = parseToken(params.pageToken || undefined)
  const keys = await findRuns(rpc, params)
  const tasks = (await readTasks(rpc, keys, params)).toSorted((a, b) => compare(toMark(a), toMark(b)))
  const later = last === undefined ? tasks : tasks.filter((task) => compare(last, toMark(task)) < 0)
  const page = later.slice(0, pageSize)
  const end = page.at(-1)
  const nextPageToken = end === undefined || page.length === later.length ? '' : toToken(toMark(end))
  const shown = await Promise.all(page.map((one) => toShown(agent.name, one, params)))
  return { type: 'result', result: { tasks: shown, nextPageToken, pageSize, totalSize: tasks.length } }
}

async function findRuns(rpc: RpcCall, { contextId }: ListParams): Promise<readonly RunKey[]> {
  const found: RunKey[] = []
  for (const session of await findSessions(rpc, contextId || undefined)) {
    const runs = await rpc.call.log.runsAfter(session, -1)
    found.push(...runs.toSorted(byNewest).map(({ run }) => ({ ...session, run })))
    if (found.length >= longest.tasks) break
  }
  return found.slice(0, longest.tasks)
}

function byNewest(a: RunSummary, b: RunSummary): number {
  return b.acceptedAt - a.acceptedAt
}

async function findSessions(
  { agent: { name: agent }, call }: RpcCall,
  contextId: string | undefined,
): Promise<readonly SessionKey[]> {
  if (contextId === undefined) {
    const recent = await call.log.sessions(agent, { owner: call.owner, limit: longest.sessions })
    return recent.map(({ session }) => ({ agent, session }))
  }
  const key = { agent, session: parseSessionId(contextId, 'contextId') }
  // A context of somebody else looks like one that there is not: it has no tasks.
  return (await hasSession(call, key)) ? [key] : []
}

async function readTasks(
  { call }: RpcCall,
  keys: readonly RunKey[],
  { status, statusTimestampAfter }: ListParams,
): Promise<readonly Task[]> {
  const after = statusTimestampAfter == null ? Number.NEGATIVE_INFINITY : Date.parse(statusTimestampAfter)
  const state = status === 'TASK_STATE_UNSPECIFIED' ? undefined : status || undefined
  const tasks: Task[] = []
  for (const key of keys) {
    const events = await call.sessions.readRun(key)
    if (events.length === 0) continue
    const task = await toStandingTask(call, key, events)
    const isMeant = state === undefined || task.status.state === state
    if (isMeant && Date.parse(task.status.timestamp) >= after) tasks.push(task)
  }
  return tasks
}

async function toShown(
  agent: string,
  task: Task,
  { historyLength, includeArtifacts }: ListParams,
): Promise<Task> {
  const key = { agent, session: task.contextId }
  const { artifacts, ...shown } = await showTask(key, task, { historyLength: historyLength ?? undefined })
  return includeArtifacts === true ? { ...shown, artifacts } : shown
}

/** Where a task stands among others: since when it is as it is, and its id. */
type Mark = readonly [timestamp: string, id: string]

function toMark({ status, id }: Task): Mark {
  return [status.timestamp, id]
}

/** What has changed last comes first. */
function compare([timestamp, id]: Mark, [otherTimestamp, otherId]: Mark): number {
  if (timestamp !== otherTimestamp) return timestamp > otherTimestamp ? -1 : 1
  return id === otherId ? 0 : id < otherId ? -1 : 1
}

/** A page ends with a task, not with a number: what comes or changes meanwhile moves no other task from page to page. */
function toToken(mark: Mark): string {
  return Buffer.from(JSON.stringify(mark)).toString('base64url')
}

const mark = z.tuple([z.string(), z.string()])

function parseToken(token: string | undefined): Mark | undefined {
  if (token === undefined) return undefined
  const parsed = mark.safeParse(parseJson(Buffer.from(token, 'base64url').toString()))
  if (parsed.success) return parsed.data
  throw createFieldError('pageToken', 'must be the nextPageToken of an earlier page')
}
