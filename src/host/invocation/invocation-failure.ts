import type { InvocationOutcome } from '../functions.js'

/** An invocation that has failed, though not because its time ran out. */
export function createFailure(message: string, stack = ''): InvocationOutcome {
  return { succeeded: false, message, stack, timedOut: false }
}

/** What became of an invocation that threw this. */
export function toFailure(error: unknown): InvocationOutcome {
  if (error instanceof Error) return createFailure(error.message, error.stack)
  return createFailure(typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error)))
}
