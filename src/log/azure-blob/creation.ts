import type { Clock } from '../../core/clock.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import type { Attachment } from '../../run/attachment.js'
import { isTerminal, type RunRequest } from '../../run/events.js'
import type { Creation, RunKey } from '../../run/run-log.js'
import type { AzureBlobContainer } from './container.js'
import { deleteLog } from './deletion.js'
import type { AzureBlobLogs } from './logs.js'
import { toKeyMetadata } from './metadata.js'
import { toAttachmentName } from './names.js'
import type { AzureBlobIndex } from './run-index.js'
import type { AzureBlobSessions, SessionRecord } from './sessions.js'

/** After this long a reservation is taken for one whose process died; ms. */
const reservationLimitMs = 30_000

const parallel = 8

/** A run that is being accepted. */
interface Acceptance {
  readonly key: RunKey
  readonly request: RunRequest
  readonly attachments: readonly Attachment[]
  readonly session: SessionRecord
  /** Milliseconds since 1970 UTC. */
  readonly now: number
}

export interface AzureBlobCreationParts {
  readonly container: AzureBlobContainer
  readonly logs: AzureBlobLogs
  readonly index: AzureBlobIndex
  readonly sessions: AzureBlobSessions
  readonly clock: Clock
}

/** Accepts runs: a session's record, the log of the run, and the marker by which it is found. See `RunLog.create`. */
export class AzureBlobCreation {
  readonly #parts: AzureBlobCreationParts

  constructor(parts: AzureBlobCreationParts) {
    this.#parts = parts
  }

  async create(key: RunKey, request: RunRequest, attachments: readonly Attachment[]): Promise<Creation> {
    const { sessions, clock } = this.#parts
    const isToBeAlone = request.options.onBusy === 'reject'
    for (;;) {
      const now = clock.now()
      const session = await sessions.open(key, request.owner, now)
      const { owner } = session.summary
      if (owner !== undefined && owner !== request.owner) return { outcome: 'foreign' }
      const creation = isToBeAlone
        ? await this.#createAlone({ key, request, attachments, session, now })
        : await this.#createBeside({ key, request, attachments, session, now })
      if (creation !== undefined) return creation
    }
  }

  /** `undefined` when the session was deleted meanwhile, so that it has to be done again. */
  async #createBeside(acceptance: Acceptance): Promise<Creation | undefined> {
    const { key, request, session, now } = acceptance
    const { container, logs, index, sessions } = this.#parts
    // Otherwise the log tells whether there is one: a run that exists keeps the attachments that it has.
    const existing = acceptance.attachments.length === 0 ? undefined : await this.#readExisting(key)
    if (existing !== undefined) return existing
    await this.#attach(acceptance)
    if (!(await logs.create(key, request, now))) return this.#readExisting(key)
    const marking = index.open(key, now)
    const [isKept] = await Promise.all([sessions.touch(session, now), marking])
    if (isKept) return { outcome: 'created' }
    await deleteLog(container, key)
    return undefined
  }

  /** Before the log, which names them. */
  async #attach({ key, attachments, now }: Acceptance): Promise<void> {
    const metadata = { ...toKeyMetadata(key), accepted: String(now) }
    await forEachLimited(attachments, parallel, ({ digest, content }) =>
      this.#parts.container.replace(toAttachmentName(key, digest), content, metadata),
    )
  }

  /** An earlier creation may have been cut off before the run was marked as open. */
  async #readExisting(key: RunKey): Promise<Creation | undefined> {
    const { logs, index } = this.#parts
    const events = await logs.read(key)
    const [accepted] = events
    if (accepted?.type !== 'run.accepted') return undefined
    if (!events.some(isTerminal)) await index.reopen(key, accepted.at)
    return { outcome: 'exists', request: accepted.data }
  }

  /**
   * Reserves the session before the run is created, so that of two that are to be alone one sees the other. Whoever is so
   * slow that its reservation was taken for that of a dead process finds out at the end, and takes its run back.
   */
  async #createAlone(acceptance: Acceptance): Promise<Creation | undefined> {
    const { key, request, session, now } = acceptance
    const { container, logs, index, sessions } = this.#parts
    if (await this.#isAccepted(key)) return this.#readExisting(key)
    if (await this.#isBusy(key, session, now)) return { outcome: 'busy' }
    if (!(await sessions.reserve(session, key.run, now))) return undefined
    await this.#attach(acceptance)
    const isNew = await logs.create(key, request, now)
    await (isNew ? index.open(key, now) : index.reopen(key, now))
    const outcome = await sessions.release(session, key.run, now)
    if (outcome === 'released') return isNew ? { outcome: 'created' } : this.#readExisting(key)
    if (isNew) await deleteLog(container, key)
    return undefined
  }

  /** Whether somebody has been told that the run was accepted, or may have been. */
  async #isAccepted(key: RunKey): Promise<boolean> {
    const { logs, index } = this.#parts
    const events = await logs.read(key)
    return events.some(isTerminal) || (events.length > 0 && (await index.isMarked(key)))
  }

  async #isBusy(key: RunKey, { reservation }: SessionRecord, now: number): Promise<boolean> {
    const unfinished = await this.#parts.index.unfinished(key)
    if (unfinished.some(({ run, status }) => run !== key.run && status !== 'ended')) return true
    if (reservation === undefined || reservation.isDone || reservation.run === key.run) return false
    return now - reservation.at < reservationLimitMs
  }
}
