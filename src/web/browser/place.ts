/** What of an app the page shows: an agent, and a session of it or a new one. */
export interface Place {
  readonly agent: string
  readonly session: string | undefined
}

/** The place that an address ends with (`#agent/session`); `undefined` when it names none. */
export function parsePlace(hash: string): Place | undefined {
  const [, agent = '', session] = /^#([^/]+)(?:\/(.+))?$/.exec(hash) ?? []
  if (agent === '') return undefined
  try {
    return {
      agent: decodeURIComponent(agent),
      session: session === undefined ? undefined : decodeURIComponent(session),
    }
  } catch {
    return undefined
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
