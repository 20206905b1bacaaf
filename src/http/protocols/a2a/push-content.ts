import type { RunWebhook } from '../../../run/control.js'
import type { StoredEvent } from '../../../run/events.js'
import type { RunState } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { toOpenApprovals } from '../../../run/waiting.js'
import { toLegacyTask } from './legacy-wire.js'
import { beginStory, leaveQuestions, tellTask } from './tell-task.js'

/** A task as a webhook is told of it: as it stands, without its history. Source: A2A 1.0, section 4.3.3; A2A 0.3.0, section 9.5. */
export function toPushContent(
  form: RunWebhook['form'],
  key: RunKey,
  events: readonly StoredEvent[],
  state: RunState,
) {
  const { story } = tellTask(beginStory(key), events)
  const task = { ...leaveQuestions(story, toOpenApprovals(state)), history: undefined }
  return form === 'a2a-1.0'
    ? { contentType: 'application/a2a+json', body: JSON.stringify({ task }) }
    : { contentType: 'application/json', body: JSON.stringify(toLegacyTask(task)) }
}
