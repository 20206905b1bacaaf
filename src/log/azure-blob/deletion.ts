import { forEachLimited } from '../../core/for-each-limited.js'
import { toOutermostRun } from '../../run/inner-run.js'
import type { EndedRunsQuery, RunKey, SessionKey } from '../../run/run-log.js'
import type { AzureBlobContainer, BlobItem } from './container.js'
import { type EndedRun, parseEndedRuns, parseOpenMetadata, parseRunKey } from './metadata.js'

import {
  retiredFolder,
  toEndedName,
  toEndedPrefix,
  toInnerPrefix,
  toOpenPrefix,
  toRetiredName,
  toRunFolder,
  toScheduledPrefix,
  toSegmentName,
  toSessionFolder,
} from './names.js'
import type { AzureBlobIndex } from './run-index.js'
import type { AzureBlobSessions } from './sessions.js'

const parallel = 32

interface Parts {
  readonly container: AzureBlobContainer
  readonly index: AzureBlobIndex
  readonly sessions: AzureBlobSessions
}

/** See `RunLog.deleteSession`. Logs go first: from then on whoever executes one of the runs is fenced off. */
export async function deleteSession(parts: Parts, key: SessionKey, before: number): Promise<void> {
  const { container, sessions } = parts
  for (let isDone = false; !isDone; ) {
    const record = await sessions.read(key)
    const isLeft = await deleteRuns(container, key, before)
    await deleteEntries(container, key, before)
    // Refused when a run was accepted meanwhile: look again.
    isDone = isLeft || record === undefined || (await sessions.remove(record))
  }
}

/** Deletes the logs of the runs accepted before; whether others are left. */
async function deleteRuns(container: AzureBlobContainer, key: SessionKey, before: number): Promise<boolean> {
  const blobs: { readonly name: string; readonly run: string }[] = []
  const spared = new Set<string>()
  for await (const items of container.list(toSessionFolder(key))) {
    for (const { name, metadata } of items) {
      const run = parseRunKey(metadata)?.run ?? name
      blobs.push({ name, run })
      if (metadata.accepted !== undefined && Number(metadata.accepted) >= before) spared.add(run)
    }
  }
  const doomed = blobs.filter(({ run }) => !spared.has(run))
  await forEachLimited(doomed, parallel, ({ name }) => container.remove(name))
  return spared.size > 0
}

async function deleteEntries(container: AzureBlobContainer, key: SessionKey, before: number): Promise<void> {
  for (const prefix of [toOpenPrefix(key), toScheduledPrefix(key)]) {
    for await (const items of container.list(prefix))
      await forEachLimited(items, parallel, (item) => deleteMarked(container, item, before))
  }
  const all = { acceptedBefore: before, upToTurn: Number.MAX_SAFE_INTEGER }
  for (const run of await listEnded(container, key, all)) {
    await container.remove(toRetiredName(run.key, run.endedAt))
    await container.remove(toEndedName(run.key, run.turn))
  }
}

/** Deletes a marker, and the run as well if it was accepted before: it may have come while the logs were deleted. */
async function deleteMarked(container: AzureBlobContainer, marker: BlobItem, before: number): Promise<void> {
  const key = parseOpenMetadata(marker.metadata)?.key
  const log = key && (await container.properties(toSegmentName(key, 0)))
  if (Number(log?.metadata.accepted ?? 0) >= before) return
  if (key !== undefined && log !== undefined) await deleteLog(container, key)
  await container.remove(marker.name, { ifMatch: marker.etag })
}

/** See `RunLog.deleteEndedRuns`. Five calls per run. */
export async function deleteEndedRuns(
  { container, index }: Parts,
  key: SessionKey,
  which: EndedRunsQuery,
): Promise<void> {
  const unfinished = await index.unfinished(key)
  const open = new Set(unfinished.filter(({ status }) => status !== 'ended').map(({ run }) => run))
  const runs = await listEnded(container, key, which)
  const doomed = runs.filter((run) => !open.has(toOutermostRun(run.key) ?? run.key.run))
  await forEachLimited(doomed, parallel, (run) => deleteEndedRun(container, run))
}

/** See `RunLog.deleteEndedBefore`. One call when there is nothing to delete, six per deleted run. */
export async function deleteEndedBefore(
  { container }: Parts,
  before: number,
  limit: number,
): Promise<number> {
  let deleted = 0
  for await (const items of container.list(retiredFolder, Math.min(limit, 5_000))) {
    const runs = parseEndedRuns(items)
    const doomed = runs.filter(({ endedAt }) => endedAt < before).slice(0, limit - deleted)
    await forEachLimited(doomed, parallel, (run) => deleteEndedRun(container, run))
    deleted += doomed.length
    if (doomed.length < items.length || deleted >= limit) break
  }
  return deleted
}

async function listEnded(
  container: AzureBlobContainer,
  key: SessionKey,
  { acceptedBefore, upToTurn }: EndedRunsQuery,
): Promise<readonly EndedRun[]> {
  const found: EndedRun[] = []
  for (const prefix of [toInnerPrefix(key), toEndedPrefix(key)]) {
    for await (const items of container.list(prefix)) {
      const runs = parseEndedRuns(items)
      found.push(...runs.filter(({ acceptedAt, turn }) => acceptedAt < acceptedBefore && turn <= upToTurn))
    }
  }
  return found
}

/** The entry by which it was found goes last, so that a deletion that was cut off is done again. */
async function deleteEndedRun(container: AzureBlobContainer, run: EndedRun): Promise<void> {
  const { key } = run
  const log = await container.properties(toSegmentName(key, 0))
  // One that was begun after this end is another run's, which has the name of one that was deleted while it ended.
  if (Number(log?.metadata.accepted ?? 0) <= run.endedAt) await deleteLog(container, key)
  await container.remove(toEndedName(key, run.turn))
  await container.remove(toRetiredName(key, run.endedAt))
}

/** Deletes all that is kept of a run but the entries by which it is found; its log goes first. */
export async function deleteLog(container: AzureBlobContainer, key: RunKey): Promise<void> {
  await container.remove(toSegmentName(key, 0))
  for await (const items of container.list(toRunFolder(key)))
    await forEachLimited(items, parallel, ({ name }) => container.remove(name))
}
