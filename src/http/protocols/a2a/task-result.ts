import type { A2aVersion } from './a2a-version.js'
import type { Task } from './a2a-wire.js'
import { toLegacyTask } from './legacy-wire.js'

/** A task in the words of a version. */
export function toTaskResult(version: A2aVersion, task: Task): object {
  return version === '1.0' ? task : toLegacyTask(task)
}
