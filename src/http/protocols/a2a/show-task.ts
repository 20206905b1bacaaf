import { parseAttachmentUri } from '../../../run/attachment.js'
import type { RunLog, SessionKey } from '../../../run/run-log.js'
import type { Frame, Message, Part, Task } from './a2a-wire.js'
import { toFilePart } from './task-messages.js'

/** What a caller wants to see of a task. */
export interface Shown {
  /** How many of its newest messages. @default all */
  readonly historyLength?: number | undefined
  /** Where the files in them are that are kept beside the log. @default nowhere: they are only named */
  readonly log?: Pick<RunLog, 'readAttachment'> | undefined
}

/** A task with as much of its history as its caller wants to see. */
export async function showTask(
  key: SessionKey,
  { history = [], ...task }: Task,
  { historyLength, log }: Shown,
): Promise<Task> {
  if (historyLength === 0) return task
  const newest = historyLength === undefined ? history : history.slice(-historyLength)
  const show = async (message: Message): Promise<Message> => {
    return { ...message, parts: await Promise.all(message.parts.map((part) => showPart(key, part, log))) }
  }
  return { ...task, history: await Promise.all(newest.map(show)) }
}

/** The same of the tasks in a stream. */
export async function* showFrames(
  key: SessionKey,
  batches: AsyncIterable<readonly Frame[]>,
  shown: Shown,
): AsyncGenerator<readonly Frame[]> {
  for await (const batch of batches)
    yield await Promise.all(
      batch.map(async (frame) =>
        'task' in frame ? { task: await showTask(key, frame.task, shown) } : frame,
      ),
    )
}

async function showPart(key: SessionKey, part: Part, log: Shown['log']): Promise<Part> {
  const place = 'url' in part ? parseAttachmentUri(part.url) : undefined
  if (place === undefined) return part
  const uri = await log?.readAttachment({ ...key, run: place.run }, place.digest)
  if (uri !== undefined) return toFilePart(uri, part.mediaType)
  const why = log === undefined ? 'which GetTask tells' : 'which is no longer kept'
  return { text: `[Here is a file of type ${part.mediaType}, ${why}.]` }
}
