import { createLazySchema, fromJsonSchema } from '../../core/caller-schema.js'
import type { CallerTool } from '../../run/events.js'
import type { Tool } from '../agent-definition.js'
import { tool } from './tool.js'

/** A tool of the caller's as one of an agent's. Its calls are pending from the start: the caller reports what came of them. */
export function createCallerTool({ name, description, parameters }: CallerTool): Tool {
  const checked = tool({
    name,
    description,
    parameters: createLazySchema(parameters, () => fromJsonSchema(parameters, 'tools')['~standard'].validate),
    // Nothing runs here, so a call that was cut off may be begun again.
    readOnly: true,
    execute: () => null,
  })
  return {
    ...checked,
    async invoke(args, context, clock) {
      const outcome = await checked.invoke(args, context, clock)
      return 'error' in outcome ? outcome : { parked: 'tool' }
    },
  }
}
