import type { Right } from '../http/rights.js'
import type { IncomingRequest } from '../http/route.js'

/** Says whom a request, given without its body, comes from; `undefined` for nobody in particular. May throw an `unauthorized` AgentError. */
export type OwnerResolver = (request: Request) => string | undefined | Promise<string | undefined>

/** What the routes ask whom a request comes from. */
export type OwnerReader = (
  request: Pick<IncomingRequest, 'method' | 'url' | 'headers'>,
) => string | undefined | Promise<string | undefined>

/** Asks `resolver`; without one, the signed-in user of Azure's Easy Auth is the owner. */
export function createOwnerReader(resolver: OwnerResolver | undefined): OwnerReader {
  if (resolver === undefined) return readEasyAuthOwner
  return ({ url, method, headers }) => resolver(new Request(url, { method, headers }))
}

/** Says whether somebody may do what they are about to, by a request that is given without its body. May throw an AgentError. */
export type RightResolver<Question> = (question: Question, request: Request) => boolean | Promise<boolean>

/** Asks `resolver`; nothing but `true` is a yes. */
export function createRight<Question>(
  resolver: RightResolver<Question> | undefined,
): Right<Question> | undefined {
  if (resolver === undefined) return undefined
  return async (question, { url, method, headers }) =>
    (await resolver(question, new Request(url, { method, headers }))) === true
}

/**
 * Security: the header can be trusted only where the platform strips it from what clients send, so it counts only when
 * the platform itself says that Easy Auth is on.
 */
function readEasyAuthOwner({ headers }: Pick<IncomingRequest, 'headers'>): string | undefined {
  if (process.env.WEBSITE_AUTH_ENABLED?.toLowerCase() !== 'true') return undefined
  return headers.get('x-ms-client-principal-id') ?? undefined
}
