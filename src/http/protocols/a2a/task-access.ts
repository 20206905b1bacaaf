import type { StoredEvent } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { hasSession } from '../has-session.js'
import { createTaskNotFoundError } from './a2a-errors.js'
import type { Task } from './a2a-wire.js'
import { toStandingTask } from './follow-task.js'
import type { RpcCall } from './rpc-call.js'
import { parseTaskId, toTaskId } from './task-id.js'

/** A run that a caller may know of, and its events so far. */
export interface FoundTask {
  readonly key: RunKey
  /** At least one. */
  readonly events: readonly StoredEvent[]
}

/** The run behind a task. @throws {A2aError} `TASK_NOT_FOUND` when there is none, or it is not the caller's. */
export async function requireTask({ agent, call }: RpcCall, taskId: string): Promise<FoundTask> {
  const place = parseTaskId(taskId)
  if (place === undefined) throw createTaskNotFoundError(taskId)
  const key = { agent: agent.name, ...place }
  if (!(await hasSession(call, key))) throw createTaskNotFoundError(taskId)
  const events = await call.sessions.readRun(key)
  if (events.length === 0) throw createTaskNotFoundError(taskId)
  return { key, events }
}

/** A task as it stands now. @throws {A2aError} `TASK_NOT_FOUND` when it was deleted meanwhile. */
export async function readTask({ call }: Pick<RpcCall, 'call'>, key: RunKey): Promise<Task> {
  const events = await call.sessions.readRun(key)
  if (events.length === 0) throw createTaskNotFoundError(toTaskId(key))
  return toStandingTask(call, key, events)
}
