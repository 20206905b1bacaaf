import { fromJsonSchema } from '../../core/caller-schema.js'
import type { JsonObject } from '../../core/json.js'
import type { Schema } from '../../core/schema.js'
import type { CallerTool } from '../../run/events.js'
import type { Tool } from '../agent-definition.js'
import { tool } from './tool.js'

/** A tool of the caller's as one of an agent's. Its calls are pending from the start: the caller reports what came of them. */
export function createCallerTool({ name, description, parameters }: CallerTool): Tool {
  const checked = tool({
    name,
    description,
    parameters: toSchema(parameters),
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

/** The model is told the schema as the caller has given it. */
function toSchema(parameters: JsonObject): Schema {
  const jsonSchema = () => parameters
  return {
    '~standard': {
      ...fromJsonSchema(parameters, 'tools')['~standard'],
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  }
}
