import { AgentError } from '../../core/errors.js'
import { raceAbort } from '../../core/race-abort.js'
import { limitAnswer, maxAnswerBytes } from '../mcp/limit-answer.js'
import { createOutboundFetch } from '../mcp/outbound-fetch.js'
import { UnsentError } from './remote-failures.js'

/** Headers by name. */
export type RemoteHeaders = Readonly<Record<string, string>>

export interface RemoteFetchOptions {
  readonly name: string
  readonly url: URL
  readonly headers: RemoteHeaders | (() => RemoteHeaders | Promise<RemoteHeaders>)
  readonly otherOrigins: readonly string[]
  readonly allowPrivateNetwork: boolean
}

/**
 * A `fetch` that reaches an agent, and nobody else.
 * Security: a card is written by others, and may name any address as the agent's. Only those that were meant are asked, and
 * told the headers; redirects are not followed; and what is answered does not fill the memory.
 */
export function createRemoteFetch(options: RemoteFetchOptions): typeof fetch {
  const { name, url, headers, otherOrigins, allowPrivateNetwork } = options
  const send = createOutboundFetch({ allowPrivateNetwork })
  const origins = [url.origin, ...otherOrigins]
  return async (input, init) => {
    const request = new Request(input, init)
    const { origin } = new URL(request.url)
    if (!origins.includes(origin)) throw createStrangerError(name, origin)
    const { method, signal } = request
    const own = typeof headers === 'function' ? await makeHeaders(name, headers, signal) : headers
    for (const [header, value] of Object.entries(own)) setHeader(request.headers, header, value)
    const response = await send(request.url, {
      method,
      headers: request.headers,
      body: init?.body ?? null,
      signal,
    })
    return limitAnswer(response, () => createTooLongError(name))
  }
}

async function makeHeaders(
  name: string,
  make: () => RemoteHeaders | Promise<RemoteHeaders>,
  signal: AbortSignal,
): Promise<RemoteHeaders> {
  try {
    return await raceAbort(make(), signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw new UnsentError('model_error', `The headers for the A2A agent "${name}" could not be made.`, {
      cause,
      retryable: true,
    })
  }
}

/** Security: the platform's own error repeats the value, which may be a key. */
function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value)
  } catch {
    throw new AgentError('invalid_configuration', `The header "${name}" has a value that no header can have.`)
  }
}

function createStrangerError(name: string, origin: string): AgentError {
  return new AgentError(
    'invalid_configuration',
    `The card of the A2A agent "${name}" names an address at ${origin}. If that is meant, add it to otherOrigins.`,
  )
}

function createTooLongError(name: string): AgentError {
  return new AgentError('model_error', `The A2A agent "${name}" answers more than ${maxAnswerBytes} bytes.`)
}
