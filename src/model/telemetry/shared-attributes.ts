import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes } from '@opentelemetry/api'

const shared = new AsyncLocalStorage<Attributes>()
const none: Attributes = {}

/** Does work whose spans all have these attributes, such as those of the run that they are part of. */
export function withShared<T>(attributes: Attributes, work: () => T): T {
  return shared.run(attributes, work)
}

/** What the spans that begin here have in common. */
export function readShared(): Attributes {
  return shared.getStore() ?? none
}
