import { z } from 'zod'
import type { AgentDefinition } from '../../../agent/agent-definition.js'
import { isJsonObject } from '../../../core/json.js'
import type { CallerTool } from '../../../run/events.js'
import { checkCallerTools, mostCallerTools } from '../../caller-tools.js'
import { jsonObject } from '../../json-shapes.js'
import { createFieldError } from '../../request-errors.js'

const pageTool = z.strictObject({
  description: z.string().default(''),
  inputSchema: jsonObject.optional().describe('JSON Schema of the arguments, an object.'),
  parameters: jsonObject.optional().describe('The same, under the name that assistant-ui gives it.'),
})

/** The tools that a page carries out itself: by their names, as `streamText` and assistant-ui have them, or in a list. */
export const pageTools = z
  .union(
    [z.record(z.string(), pageTool), z.array(pageTool.extend({ name: z.string() }))],
    'must be tools by their names, or a list of them',
  )
  .refine((tools) => Object.keys(tools).length <= mostCallerTools, `must be at most ${mostCallerTools}`)

/** The tools of a request, each checked. @throws {AgentError} `invalid_request` naming what is wrong. */
export function toCallerTools(
  agent: AgentDefinition,
  given: z.infer<typeof pageTools>,
): readonly CallerTool[] | undefined {
  const named = Array.isArray(given)
    ? given.map((tool, index) => ({ ...tool, path: `tools.${index}`, namePath: `tools.${index}.name` }))
    : Object.entries(given).map(([name, tool]) => {
        const path = `tools.${name}`
        return { ...tool, name, path, namePath: path }
      })
  const placed = named.map((tool) => ({ ...tool, schema: toPlacedSchema(tool) }))
  const tools = placed.map(({ name, description, schema }) => ({
    name,
    description,
    parameters: schema.value,
  }))
  const toPath = (index: number, field: 'name' | 'parameters') => {
    const { namePath = '', schema } = placed[index] ?? {}
    return field === 'name' ? namePath : (schema?.path ?? '')
  }
  return checkCallerTools(agent, tools, toPath)
}

type PlacedTool = z.infer<typeof pageTool> & { readonly path: string }

/** A tool's schema, and where it stands: what `jsonSchema()` of the AI SDK makes has it one level deeper. */
function toPlacedSchema({ inputSchema, parameters, path: place }: PlacedTool) {
  if (inputSchema !== undefined && parameters !== undefined)
    throw createFieldError(`${place}.parameters`, 'must not be given together with inputSchema')
  const path = `${place}.${parameters === undefined ? 'inputSchema' : 'parameters'}`
  const value = inputSchema ?? parameters ?? { type: 'object' }
  if (isJsonObject(value.jsonSchema)) return { value: value.jsonSchema, path: `${path}.jsonSchema` }
  if (value.def !== undefined)
    throw createFieldError(path, 'must be a JSON Schema: z.toJSONSchema() makes one of a schema of zod')
  return { value, path }
}
