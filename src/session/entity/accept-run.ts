import type { RunRequest } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import { checkCreation } from '../client/check-creation.js'
import { detachMedia } from '../client/detach-media.js'
import { withTrace } from '../client/with-trace.js'
import type { Operation } from './operation.js'

/** Writes a run down that came with its operation, or that one more orchestration waits for it. @throws {AgentError} `idempotency_conflict` when its id stands for another request, `not_found` when the session is somebody else's. */
export async function acceptRun(
  { log, maxInlineMediaBytes }: Operation,
  key: RunKey,
  request: RunRequest,
): Promise<void> {
  const { request: stored, attachments } = detachMedia(key, withTrace(request), maxInlineMediaBytes)
  const creation = await log.create(key, stored, attachments)
  checkCreation(creation, key, request)
  const { orchestrationId } = request
  if (creation.outcome !== 'exists' || orchestrationId === undefined) return
  if (orchestrationId === creation.request.orchestrationId) return
  await log.control(key, { type: 'awaited', orchestrationId })
}
