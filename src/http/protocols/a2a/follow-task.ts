import type { StoredEvent } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { toOpenApprovals } from '../../../run/waiting.js'
import type { Call } from '../../route.js'
import { createTaskNotFoundError } from './a2a-errors.js'
import { type Frame, isEnded, isSettled, type Task } from './a2a-wire.js'
import { toTaskId } from './task-id.js'
import { beginStory, leaveQuestions, tellTask } from './tell-task.js'

/** Whether the question that a task stands still with is known to the reader, or answered already. */
export type IsOldQuestion = (events: readonly StoredEvent[]) => boolean

/**
 * A task as it is, then what becomes of it until it has ended or waits for a human; ends with the signal too. A question
 * that is an old one is waited past. @throws {A2aError} `TASK_NOT_FOUND` when the run is no longer there.
 */
export async function* followTask(
  { sessions }: Pick<Call, 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
  isOldQuestion: IsOldQuestion = () => false,
): AsyncGenerator<readonly Frame[]> {
  const events = await sessions.readRun(key)
  if (events.length === 0) throw createTaskNotFoundError(toTaskId(key))
  let { story } = tellTask(beginStory(key), events)
  const task = await toStandingTask({ sessions }, key, events)
  yield [{ task }]
  if (isEnded(task) || (isSettled(task) && !isOldQuestion(events))) return
  for await (const batch of sessions.follow(key, events.length - 1, signal)) {
    const told = tellTask(story, batch)
    story = told.story
    if (told.frames.length > 0) yield told.frames
    if (told.frames.length > 0 && isSettled(story.task)) return
  }
}

/** A task as it stands: what was decided counts from when it was filed, although the run learns of it only when its turn comes. */
export async function toStandingTask(
  { sessions }: Pick<Call, 'sessions'>,
  key: RunKey,
  events: readonly StoredEvent[],
): Promise<Task> {
  const { story } = tellTask(beginStory(key), events)
  if (story.task.status.state !== 'TASK_STATE_INPUT_REQUIRED') return story.task
  return leaveQuestions(story, toOpenApprovals(await sessions.readStanding(key, events)))
}

/** A task as its events tell it. */
export function toTask(key: RunKey, events: readonly StoredEvent[]): Task {
  return tellTask(beginStory(key), events).story.task
}
