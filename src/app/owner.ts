import { refuse } from '../core/check-options.js'
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
  return async ({ url, method, headers }) => readOwner(await resolver(new Request(url, { method, headers })))
}

/** Programs without types give numbers, as which no store gives an owner back, and `null` for nobody. */
function readOwner(owner: unknown): string | undefined {
  if (owner === undefined || owner === null) return undefined
  if (typeof owner === 'string') return owner
  return refuse(
    `owner of AgentFunctionApp must give text, or undefined for nobody; it gave a value of type ${typeof owner}.`,
  )
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
