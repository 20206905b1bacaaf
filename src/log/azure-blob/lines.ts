import { AgentError } from '../../core/errors.js'
import { isJsonObject, parseJson } from '../../core/json.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'

/** What one append adds to a log. */
export interface LogBlock {
  readonly events: readonly StoredEvent[]
  readonly bytes: Buffer
}

export interface LogBlockOptions {
  /** The id of the first event. */
  readonly first: number
  /** Milliseconds since 1970 UTC. */
  readonly at: number
  /** Different for each append, so that whoever appended can tell its own block from an equal one of somebody else. */
  readonly token: string
}

// The last line of a segment that is full; the log goes on in the next one.
const sealLine = '{"type":"log.sealed"}\n'

/** The bytes of a seal. */
export const seal = Buffer.from(sealLine)

/** Events as JSON lines: `{ id, at, type, data }`, the first of a block also with `by`, the append's token. */
export function toLogBlock(events: readonly RunEvent[], { first, at, token }: LogBlockOptions): LogBlock {
  const lines = events.map(({ type, data }, index) =>
    JSON.stringify({ id: first + index, at, type, data, by: index === 0 ? token : undefined }),
  )
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  // Read back, so that followers here and followers elsewhere get the same values.
  return { events: lines.map((line) => toEvent(JSON.parse(line))), bytes }
}

/**
 * Reads lines back; `next` is the id that the first event must have.
 * @throws {AgentError} `store_unavailable` naming the blob when they are no whole lines of a log, or not the next ones.
 */
export function parseLogLines(
  bytes: Buffer,
  { name, next }: { readonly name: string; readonly next: number },
): { readonly events: readonly StoredEvent[]; readonly isSealed: boolean } {
  const text = bytes.toString()
  const isSealed = text.endsWith(sealLine)
  const lines = (isSealed ? text.slice(0, -sealLine.length) : text).split('\n')
  if (lines.pop() !== '') throw damaged(name, 'its last line is cut off')
  const events = lines.map((line, index) => {
    const value = parseJson(line)
    if (!isJsonObject(value) || typeof value.type !== 'string' || value.id !== next + index)
      throw damaged(name, `event ${next + index} is not where it should be`)
    return toEvent(value)
  })
  return { events, isSealed }
}

function toEvent({ id, at, type, data }: Record<string, unknown>): StoredEvent {
  return { id, at, type, data } as StoredEvent
}

function damaged(name: string, what: string): AgentError {
  return new AgentError('store_unavailable', `The run log ${name} is damaged: ${what}. Nothing was changed.`)
}
