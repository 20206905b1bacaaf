/** Answers of a host, or of what stands before it, that another one may follow soon. */
const passingStatuses: ReadonlySet<number> = new Set([408, 502, 503, 504])

/** An answer that is none of success. */
interface FailedAnswer {
  readonly status: number
  readonly body: string
  /** The problem's code; `undefined` when what answered was not the app. */
  readonly code: unknown
}

/** Whether a request that was answered so is worth trying again. */
export function mayPass({ status, body, code }: FailedAnswer): boolean {
  // An empty 500 comes from a host that is going down; a 429 that is not the app's from one that has too much to do.
  const isHosts = (status === 500 && body === '') || (status === 429 && code === undefined)
  return passingStatuses.has(status) || isHosts
}
