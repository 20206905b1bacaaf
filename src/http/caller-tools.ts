import { z } from 'zod'
import { type AgentDefinition, toStaticTools } from '../agent/agent-definition.js'
import { checkJsonSchema } from '../core/caller-schema.js'
import type { CallerTool, RunOptions } from '../run/events.js'
import { jsonObject } from './json-shapes.js'
import { createFieldError } from './request-errors.js'

/** A tool that a caller carries out itself, as our own routes take it. */
export const callerTool = z.strictObject({
  name: z.string(),
  description: z.string().default(''),
  parameters: jsonObject.default({ type: 'object' }).describe('JSON Schema of the arguments, an object.'),
})

/** Most tools that a request may bring. */
export const mostCallerTools = 128

/** The tools that a caller carries out itself, as our own routes take them. */
export const callerTools = z.array(callerTool).max(mostCallerTools)

type GivenTool = z.infer<typeof callerTool>

/** The tools of a request, if a model can be told of them beside the agent's own. `toPath` says where the request has what of one. @throws {AgentError} `invalid_request` naming what is wrong. */
export function checkCallerTools(
  agent: AgentDefinition,
  tools: readonly GivenTool[],
  toPath = (index: number, field: 'name' | 'parameters') => `tools.${index}.${field}`,
): readonly CallerTool[] | undefined {
  const taken = new Set(toStaticTools(agent).map(({ name }) => name))
  for (const [index, { name, parameters }] of tools.entries()) {
    const path = toPath(index, 'name')
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
      throw createFieldError(path, 'must be 1-64 letters, digits, "_" or "-"')
    if (taken.has(name)) throw createFieldError(path, `there is a tool named "${name}" already`)
    taken.add(name)
    const schemaPath = toPath(index, 'parameters')
    if (parameters.type !== 'object') throw createFieldError(`${schemaPath}.type`, 'must be "object"')
    checkJsonSchema(parameters, schemaPath)
  }
  return tools.length === 0 ? undefined : tools
}

/** Refuses what comes with a message that joins another run, which has its own. @throws {AgentError} `invalid_request` */
export function refuseToJoin({
  onBusy,
  ...given
}: Pick<RunOptions, 'tools' | 'instructions' | 'onBusy'>): void {
  const [field] = Object.entries(given).find(([, value]) => value !== undefined) ?? []
  if (field === undefined || onBusy !== 'steer') return
  throw createFieldError(field, 'cannot be given to the run that the message joins (onBusy)')
}
