import { type Attributes, type Context, context, createContextKey } from '@opentelemetry/api'

const sharedKey = createContextKey('durable-agent-functions: attributes of the run')
const none: Attributes = {}

/** A context whose spans all have these attributes, such as those of the run that they are part of. */
export function withShared(attributes: Attributes, base: Context): Context {
  return base.setValue(sharedKey, attributes)
}

/** What the spans that begin here have in common. */
export function readShared(): Attributes {
  return (context.active().getValue(sharedKey) as Attributes | undefined) ?? none
}
