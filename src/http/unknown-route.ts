import { AgentError } from '../core/errors.js'
import type { Call, Route } from './route.js'

/** Where an app has things that are asked for by name. */
export interface NamedThings {
  readonly kind: 'agent' | 'workflow'
  /** The path that their routes begin with. */
  readonly folder: string
  readonly find: (call: Call) => readonly { readonly name: string }[]
}

/** Answers what no other route below a folder does. @param name must sort behind those of all other routes */
export function createUnknownRoute(name: string, { kind, folder, find }: NamedThings): Route {
  async function handle(call: Call): Promise<never> {
    const { params, request, url } = call
    const named = params.path?.split('/')[0] ?? ''
    if (named === '' || find(call).some((one) => one.name.toLowerCase() === named.toLowerCase())) {
      throw new AgentError('not_found', `There is no ${request.method} ${url.pathname}.`)
    }
    throw new AgentError('not_found', `${kind}: there is no ${kind} named "${named}".`)
  }
  const handlers = { GET: handle, POST: handle, PUT: handle, PATCH: handle, DELETE: handle }
  return { name, path: `${folder}/{*path}`, handlers }
}
