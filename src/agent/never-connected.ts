const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether a request failed because the connection for it was never made. */
export function isNeverConnected(error: unknown): boolean {
  return error instanceof Error && 'code' in error && neverSent.has(String(error.code))
}
