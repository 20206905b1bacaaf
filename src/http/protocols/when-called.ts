import type { Handler } from '../route.js'

/** A module's handler; the module is loaded at the first call: an app starts without the dialects that it does not serve. */
export function whenCalled<Name extends string>(
  load: () => Promise<Readonly<Record<Name, Handler>>>,
  name: Name,
): Handler {
  return async (call) => {
    const handlers = await load()
    return handlers[name](call)
  }
}
