import { z } from 'zod'
import { AgentError } from '../../core/errors.js'
import type { Content } from '../../core/messages.js'
import { toProblem } from '../../core/problem.js'
import { parseAttachmentUri } from '../../run/attachment.js'
import type { RunEvent, RunRequest } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { toScheduledRun } from '../../run/scheduled-run.js'
import { tryAppend } from '../../run/try-append.js'
import { deletedReason } from '../replies/announce-end.js'
import { acceptRun } from './accept-run.js'
import { writeOrBringAgain } from './bring-again.js'
import { carryOutRuns } from './carry-out-runs.js'
import type { Operation } from './operation.js'

const sendInput = z.object({ correlationId: z.string().min(1), sendAt: z.string() })

/** The `send` operation: makes a run of a message whose time has come, and carries it out. */
export async function operateSend(operation: Operation): Promise<void> {
  const parsed = sendInput.safeParse(operation.context.df.getInput())
  if (!parsed.success) {
    const message = "The send operation's input is not valid."
    throw new AgentError('invalid_request', message, { cause: parsed.error })
  }
  const { correlationId, sendAt } = parsed.data
  const isSent = await writeOrBringAgain(operation, 'send', parsed.data, () =>
    send(operation, correlationId, sendAt),
  )
  if (isSent) await carryOutRuns(operation, correlationId)
}

/**
 * Makes a run of a message; false when it was taken back, or is one of a session that was deleted and begun anew. Before the run is
 * written down the message says that it is being sent: from then on it cannot be taken back.
 */
async function send(operation: Operation, correlationId: string, sendAt: string): Promise<boolean> {
  const { log } = operation
  const key = { ...operation.key, run: correlationId }
  const waiting = toScheduledRun(key)
  const events = await log.read(waiting)
  const { request, joined, outcome } = fold(events)
  if (request?.options.sendAt !== sendAt) return false
  if (outcome !== undefined) return joined !== undefined && outcome.type === 'run.cancelled'
  const sending: RunEvent = { type: 'run.joined', data: { run: correlationId } }
  // Somebody was quicker: who took it back, or an earlier delivery of the same operation.
  if (joined === undefined && !(await tryAppend(log, waiting, 1, sending))) return false
  const end = await accepted(operation, key, await withMedia(log, waiting, request))
  const isEnded = await tryAppend(log, waiting, 2, end)
  if (!isEnded && (await log.read(waiting)).length === 0) return forget(operation, key)
  return end.type === 'run.cancelled'
}

/** The session was deleted while the message was being sent: it must not begin a new one. */
async function forget({ log, clock }: Operation, key: RunKey): Promise<false> {
  await tryAppend(log, key, 1, { type: 'run.cancelled', data: { reason: deletedReason, text: '' } })
  await log.deleteEndedRuns(key, { acceptedBefore: clock.now() + 1, upToTurn: 0 })
  // Only if it has nothing else.
  await log.deleteSession(key, 0)
  return false
}

/** Writes the run down; gives how the message that waited ends with it. */
async function accepted(operation: Operation, key: RunKey, request: RunRequest): Promise<RunEvent> {
  try {
    await acceptRun(operation, key, request)
    return { type: 'run.cancelled', data: { reason: 'It was sent.', text: '' } }
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'store_unavailable') throw error
    return { type: 'run.failed', data: toProblem(error, { sessionId: key.session, correlationId: key.run }) }
  }
}

/** A request with what is kept beside the log of the message in its place again: the run is to keep that itself. */
async function withMedia(log: RunLog, waiting: RunKey, request: RunRequest): Promise<RunRequest> {
  const attach = async (content: Content): Promise<Content> => {
    const place = content.type === 'uri' ? parseAttachmentUri(content.uri) : undefined
    if (content.type !== 'uri' || place?.run !== waiting.run) return content
    const uri = await log.readAttachment(waiting, place.digest)
    return uri === undefined ? content : { type: 'data', uri, mediaType: content.mediaType }
  }
  const messages = await Promise.all(
    request.messages.map(async (message) => ({
      ...message,
      contents: await Promise.all(message.contents.map(attach)),
    })),
  )
  return { ...request, messages }
}
