/** Says whom a request comes from; `undefined` for nobody in particular. May throw an `unauthorized` AgentError. */
export type OwnerResolver = (request: Request) => string | undefined | Promise<string | undefined>

/**
 * The signed-in user of Azure's Easy Auth.
 * Security: the header can be trusted only where the platform strips it from what clients send, so it counts only when
 * the platform itself says that Easy Auth is on.
 */
export function easyAuthOwner(request: Request): string | undefined {
  if (process.env.WEBSITE_AUTH_ENABLED?.toLowerCase() !== 'true') return undefined
  return request.headers.get('x-ms-client-principal-id') ?? undefined
}
