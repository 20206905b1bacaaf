import { z } from 'zod'
import type { AgentDefinition } from '../../../agent/agent-definition.js'
import { isJsonObject } from '../../../core/json.js'
import type { CallerTool } from '../../../run/events.js'
import { checkCallerTools } from '../../caller-tools.js'
import { createFieldError } from '../../request-errors.js'

const jsonSchema = z.record(z.string(), z.unknown())

const pageTool = z.strictObject({
  description: z.string().default(''),
  inputSchema: jsonSchema.optional().describe('JSON Schema of the arguments, an object.'),
  parameters: jsonSchema.optional().describe('The same, under the name that assistant-ui gives it.'),
})

/** The tools that a page carries out itself: by their names, as `streamText` and assistant-ui have them, or in a list. */
export const pageTools = z
  .union(
    [z.record(z.string(), pageTool), z.array(pageTool.extend({ name: z.string() }))],
    'must be tools by their names, or a list of them',
  )
  .refine((tools) => Object.keys(tools).length <= 128, 'must be at most 128')

/** The tools of a request, each checked. @throws {AgentError} `invalid_request` naming what is wrong. */
export function toCallerTools(
  agent: AgentDefinition,
  given: z.infer<typeof pageTools>,
): readonly CallerTool[] | undefined {
  const placed = Array.isArray(given)
    ? given.map((tool, index) => ({ ...tool, path: `tools.${index}`, namePath: `tools.${index}.name` }))
    : Object.entries(given).map(([name, tool]) => {
        const path = `tools.${name}`
        return { ...tool, name, path, namePath: path }
      })
  const schemas = placed.map(toPlacedSchema)
  const tools = placed.map(({ name, description }, index) => {
    const { schema: parameters = { type: 'object' } } = schemas[index] ?? {}
    return { name, description, parameters }
  })
  return checkCallerTools(agent, tools, (index, field) =>
    field === 'name' ? (placed[index]?.namePath ?? '') : (schemas[index]?.path ?? ''),
  )
}

type PlacedTool = z.infer<typeof pageTool> & { readonly path: string }

/** A tool's schema, and where it stands: what `jsonSchema()` of the AI SDK makes has it one level deeper. */
function toPlacedSchema({ inputSchema, parameters, path }: PlacedTool) {
  if (inputSchema !== undefined && parameters !== undefined)
    throw createFieldError(`${path}.parameters`, 'must not be given together with inputSchema')
  const field = inputSchema === undefined ? 'parameters' : 'inputSchema'
  const schema = inputSchema ?? parameters
  const place = `${path}.${field}`
  if (isJsonObject(schema?.jsonSchema)) return { schema: schema.jsonSchema, path: `${place}.jsonSchema` }
  if (schema?.def !== undefined)
    throw createFieldError(place, 'must be a JSON Schema: z.toJSONSchema() makes one of a schema of zod')
  return { schema, path: place }
}
