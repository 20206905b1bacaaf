import { type JsonValue, toJsonValue } from '../../core/json.js'

/** Waits for what a tool returns. When that is a generator, each thing it yields is progress, and what it returns the result. */
export async function settleTool(
  returned: unknown,
  reportProgress: (progress: JsonValue) => void,
  signal: AbortSignal,
): Promise<unknown> {
  if (!isGenerator(returned)) return returned
  try {
    for (;;) {
      const { done, value } = await returned.next()
      signal.throwIfAborted()
      if (done) return value
      reportProgress(toJsonValue(value))
    }
  } finally {
    await returned.return(undefined)
  }
}

function isGenerator(
  value: unknown,
): value is AsyncGenerator<unknown, unknown> | Generator<unknown, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value) &&
    'next' in value &&
    'return' in value &&
    'throw' in value
  )
}
