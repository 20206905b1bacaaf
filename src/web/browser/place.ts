import { findIdProblem, longestSessionId } from '../../core/find-id-problem.js'

/** What of an app the page shows: an agent, and a session of it or a new one. */
export interface Place {
  readonly agent: string
  readonly session: string | undefined
}

/**
 * The place that an address ends with (`#agent/session`); `undefined` when it names none.
 * Security: what is no id would lead calls, which have the key, away from the agents' routes: `#../x` to those of another function.
 */
export function parsePlace(hash: string): Place | undefined {
  const [, agent = '', encoded] = /^#([A-Za-z][A-Za-z0-9_-]{0,62})(?:\/(.+))?$/.exec(hash) ?? []
  const session = encoded === undefined ? undefined : decode(encoded)
  if (agent === '' || findIdProblem(session ?? 'new', longestSessionId) !== undefined) return undefined
  return { agent, session }
}

/** Empty when it cannot be decoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** What an address ends with that leads to a place. */
export function toHash({ agent, session }: Place): string {
  const end = session === undefined ? '' : `/${encodeURIComponent(session)}`
  return `#${encodeURIComponent(agent)}${end}`
}

/** Where the app's routes begin, without a slash at the end: where the page's own does, whatever prefix they have. */
export function toAppUrl(pageUrl: string): string {
  return new URL('.', pageUrl).href.replace(/\/$/, '')
}
