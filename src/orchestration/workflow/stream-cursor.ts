import { AgentError } from '../../core/errors.js'

/**
 * How far a reader has come: in the workflow's own events, and in those of each agent's run and nested workflow that it
 * has seen begin and not seen end. These are named by the event that began them, after the name of what they are in.
 */
export type Cursor = ReadonlyMap<string, number>

/** The workflow's own events. */
export const rootSource = ''

/** From the beginning. */
export const startOfStream: Cursor = new Map([[rootSource, -1]])

/** The name of what the event `id` of a source has begun. */
export function toSourceName(source: string, id: number): string {
  return source === rootSource ? String(id) : `${source}.${id}`
}

/** The name of the source whose event has begun this one. */
export function toParentName(source: string): string {
  return source.includes('.') ? source.slice(0, source.lastIndexOf('.')) : rootSource
}

/** A cursor as an event id: `7,3:12` is after event 7 of the workflow, and after event 12 of what its event 3 began. */
export function formatCursor(cursor: Cursor): string {
  const others = [...cursor].filter(([source]) => source !== rootSource)
  return [cursor.get(rootSource) ?? -1, ...others.map(([source, id]) => `${source}:${id}`)].join()
}

/** Of what is in progress at once: more do not fit into the header that brings them, as Node.js holds all headers of a request to 16 KiB. */
const mostSources = 2000

/** @throws {AgentError} `invalid_request` when the text is not one that {@link formatCursor} makes. */
export function parseCursor(field: string, text: string): Cursor {
  const [own = '', ...others] = text.split(',')
  const pairs = others.map((other) => /^(\d{1,9}(?:\.\d{1,9})*):(-1|\d{1,9})$/.exec(other))
  if (!/^(-1|\d{1,9})$/.test(own) || pairs.includes(null) || pairs.length > mostSources) {
    const message = `${field}: must be the id of an event, not "${text}"`
    throw new AgentError('invalid_request', message, {
      issues: [{ path: field, message: 'must be the id of an event' }],
    })
  }
  const parsed = pairs.map((pair) => [pair?.[1] ?? '', Number(pair?.[2])] as const)
  return new Map([[rootSource, Number(own)], ...parsed])
}
