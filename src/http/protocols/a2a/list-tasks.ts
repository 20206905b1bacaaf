import { z } from 'zod'
import { hasCode } from '../../../core/errors.js'
import type { RunKey, RunSummary, SessionKey } from '../../../run/run-log.js'
import { parseSessionId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Task } from './a2a-wire.js'
import { toTask, withHistory } from './follow-task.js'
import { historyLength } from './message-params.js'
import type { RpcCall, RpcResult } from './rpc-call.js'
import { parseParams } from './rpc-request.js'

/** Source: A2A 1.0, `ListTasksRequest`. */
const listParams = z.looseObject({
  contextId: z.string().nullish(),
  status: z.string().nullish(),
  pageSize: z.number().int().min(1).max(100).nullish(),
  pageToken: z.string().nullish(),
  historyLength,
  statusTimestampAfter: z.iso.datetime({ offset: true }).nullish(),
  includeArtifacts: z.boolean().nullish(),
})

type ListParams = z.infer<typeof listParams>

/** So many sessions, and so many tasks in all of them, are looked through. */
const longest = { sessions: 100, tasks: 1000 }

/**
 * `ListTasks`: the caller's tasks in one context, or in those used last; newest context first, in each the newest task
 * first. Of very many the oldest are left out.
 */
export async function listTasks(rpc: RpcCall): Promise<RpcResult> {
  const params = parseParams(listParams, rpc.params)
  const { pageSize: asked } = params
  const pageSize = asked ?? 50
  const start = parseToken(params.pageToken || undefined)
  const keys = await findRuns(rpc, params)
  const tasks = await readTasks(rpc, keys, params)
  const page = tasks.slice(start, start + pageSize)
  const nextPageToken = start + pageSize < tasks.length ? toToken(start + pageSize) : ''
  const shown = page.map((task) => toShown(task, params))
  return { type: 'result', result: { tasks: shown, nextPageToken, pageSize, totalSize: tasks.length } }
}

async function findRuns({ agent, call }: RpcCall, { contextId }: ListParams): Promise<readonly RunKey[]> {
  const found: RunKey[] = []
  for (const session of await findSessions(call, agent.name, contextId || undefined)) {
    const runs = await call.log.runsAfter(session, -1)
    found.push(...runs.toSorted(byNewest).map(({ run }) => ({ ...session, run })))
    if (found.length >= longest.tasks) break
  }
  return found.slice(0, longest.tasks)
}

function byNewest(a: RunSummary, b: RunSummary): number {
  return b.acceptedAt - a.acceptedAt
}

async function findSessions(
  { log, owner, sessions }: RpcCall['call'],
  agent: string,
  contextId: string | undefined,
): Promise<readonly SessionKey[]> {
  if (contextId === undefined) {
    const recent = await log.sessions(agent, { owner, limit: longest.sessions })
    return recent.map(({ session }) => ({ agent, session }))
  }
  const key = { agent, session: parseSessionId(contextId, 'contextId') }
  try {
    await sessions.requireSession(key, owner)
    return [key]
  } catch (error) {
    // A context of somebody else looks like one that there is not: it has no tasks.
    if (hasCode(error, 'not_found')) return []
    throw error
  }
}

async function readTasks(
  { call }: RpcCall,
  keys: readonly RunKey[],
  { status, statusTimestampAfter }: ListParams,
): Promise<readonly Task[]> {
  const after = statusTimestampAfter == null ? Number.NEGATIVE_INFINITY : Date.parse(statusTimestampAfter)
  const state = status === 'TASK_STATE_UNSPECIFIED' || status === '' ? undefined : (status ?? undefined)
  const tasks: Task[] = []
  for (const key of keys) {
    const events = await call.sessions.readRun(key)
    if (events.length === 0) continue
    const task = toTask(key, events)
    const isMeant = state === undefined || task.status.state === state
    if (isMeant && Date.parse(task.status.timestamp) >= after) tasks.push(task)
  }
  return tasks
}

function toShown(task: Task, { historyLength, includeArtifacts }: ListParams): Task {
  const { artifacts, ...shown } = withHistory(task, historyLength ?? undefined)
  return includeArtifacts === true ? { ...shown, artifacts } : shown
}

function toToken(start: number): string {
  return `from-${start}`
}

function parseToken(token: string | undefined): number {
  if (token === undefined) return 0
  const [, start] = /^from-(\d{1,6})$/.exec(token) ?? []
  if (start === undefined) throw createFieldError('pageToken', 'must be the nextPageToken of an earlier page')
  return Number(start)
}
