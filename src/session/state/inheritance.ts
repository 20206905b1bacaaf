import { hash } from 'node:crypto'
import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../../core/json.js'
import type { Attachment } from '../../run/attachment.js'
import type { RunLog, SessionKey } from '../../run/run-log.js'
import { type OwnFields, type StoredEntry, storedEntry } from './stored-state.js'
import { isTakenBack } from './taken-back.js'
import type { TurnRange } from './turns.js'

const inheritanceSchema = z.object({
  turns: z.array(z.array(storedEntry)),
  state: z.record(z.string(), z.custom<JsonObject>(isJsonObject)).optional(),
  summary: z.looseObject({ upToTurn: z.number(), text: z.string() }).optional(),
})

/** What a session begins with that goes on from another one: turns, counted from 1, what providers kept, and what older turns were boiled down to. */
export type Inheritance = z.infer<typeof inheritanceSchema>

/** An inheritance as it is kept beside the log of the run that begins the session. */
export function toAttachment(inheritance: Inheritance): Attachment {
  const content = JSON.stringify(inheritance)
  return { digest: hash('sha256', content), content }
}

/** Reads an inheritance; `undefined` when its run was deleted. */
export async function readInheritance(
  log: RunLog,
  key: SessionKey,
  { run, digest }: { readonly run: string; readonly digest: string },
): Promise<Inheritance | undefined> {
  const content = await log.readAttachment({ ...key, run }, digest)
  return content === undefined ? undefined : inheritanceSchema.parse(JSON.parse(content))
}

/** The entries of a session's inherited turns that count, oldest first. */
export async function readInheritedEntries(
  log: RunLog,
  key: SessionKey,
  { inherited, takenBack }: OwnFields,
  { upTo, after, limit }: TurnRange,
): Promise<readonly StoredEntry[]> {
  if (inherited === undefined || after >= inherited.turns || limit <= 0) return []
  const { turns = [] } = (await readInheritance(log, key, inherited)) ?? {}
  const numbered = turns.map((entries, index) => ({ turn: index + 1, entries: toTurn(entries, index + 1) }))
  return numbered
    .filter(({ turn }) => turn > after && turn <= upTo && !isTakenBack(takenBack, turn))
    .slice(-limit)
    .flatMap(({ entries }) => entries)
}

/** Entries as those of another turn. */
export function toTurn(entries: readonly StoredEntry[], turn: number): readonly StoredEntry[] {
  return entries.map((entry) =>
    entry.$type === 'request' ? { ...entry, extensionData: { ...entry.extensionData, turn } } : entry,
  )
}
