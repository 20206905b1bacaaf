import { toErrorMessage } from '../../../core/errors.js'
import type { InvocationOutcome } from '../../functions.js'
import { createFailure } from '../../invocation/invocation-failure.js'
import { isObject, toObject, type UncheckedObject } from '../../unchecked-object.js'

/** What the platform calls the activity that performs HTTP requests of orchestrators. */
export const httpActivityName = 'BuiltIn::HttpActivity'

/** As long as the platform's own client waits for an answer. */
const timeoutMs = 100_000

/**
 * Performs the HTTP request of an orchestrator, JSON text of it. Any answer is a success; an
 * address that cannot be reached is a failure.
 */
export async function performHttp(input: string | null): Promise<InvocationOutcome> {
  try {
    const request: unknown = JSON.parse(input ?? 'null')
    if (!isObject(request)) throw new Error('The HTTP request of the orchestrator is not an object.')
    const json = JSON.stringify(await send(request))
    return { succeeded: true, returnValue: { json }, outputs: {} }
  } catch (error) {
    return createFailure(toReason(error))
  }
}

async function send({
  method,
  uri,
  content,
  headers,
  tokenSource,
}: UncheckedObject): Promise<UncheckedObject> {
  if (isObject(tokenSource)) {
    throw new Error(
      'This host has no managed identity, so it cannot get the token that the request asks for.',
    )
  }
  const hasContent = typeof content === 'string'
  const answer = await fetch(String(uri), {
    method: String(method),
    headers: toHeaders(headers, hasContent),
    body: hasContent ? content : null,
    signal: AbortSignal.timeout(timeoutMs),
  })
  return {
    statusCode: answer.status,
    headers: Object.fromEntries(answer.headers),
    content: await answer.text(),
  }
}

function toHeaders(headers: unknown, hasContent: boolean): Headers {
  const given = Object.entries(toObject(headers))
  const result = new Headers(given.map(([name, value]) => [name, String(value)]))
  if (hasContent && !result.has('content-type')) result.set('content-type', 'text/plain; charset=utf-8')
  return result
}

/** What fetch itself says is no more than that it failed. */
function toReason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${toErrorMessage(error.cause)}` : ''
  return `${toErrorMessage(error)}${cause}`
}
