import type { AgentDefinition } from '../../../agent/agent-definition.js'
import type { JsonObject } from '../../../core/json.js'
import type { RunOptions } from '../../../run/events.js'
import { checkCallerTools } from '../../caller-tools.js'
import { createFieldError } from '../../request-errors.js'

/** What a request says of tools, in whichever of OpenAI's dialects. */
export interface GivenTooling {
  readonly tools: readonly GivenTool[]
  /** Where the request has a tool. */
  readonly toPath: (index: number) => string
  readonly choice: 'auto' | 'none' | 'required' | { readonly name: string } | null | undefined
  readonly isParallel: boolean | null | undefined
}

interface GivenTool {
  readonly name: string
  readonly description?: string | null | undefined
  readonly parameters?: JsonObject | null | undefined
}

/**
 * The tools that a client carries out itself, and which of all tools are called. Arguments always fit their schema, so
 * that every tool is a strict one.
 * @throws {AgentError} `invalid_request` naming what cannot be honoured.
 */
export function toTooling(
  agent: AgentDefinition,
  { tools: given, toPath, choice, isParallel }: GivenTooling,
): Pick<RunOptions, 'enableToolCalls' | 'tools' | 'toolChoice'> {
  const named = given.map(({ name, description, parameters }) => {
    return { name, description: description ?? '', parameters: parameters ?? { type: 'object' } }
  })
  const tools = checkCallerTools(agent, named, (index, field) => `${toPath(index)}.${field}`)
  if (tools !== undefined && isParallel === false)
    throw createFieldError('parallel_tool_calls', 'must not be false: a step may have several calls')
  if (choice === 'required' && tools === undefined)
    throw createFieldError('tool_choice', 'must be auto or none where the request has no tools')
  const name = typeof choice === 'object' ? choice?.name : undefined
  if (name !== undefined && !tools?.some((tool) => tool.name === name))
    throw createFieldError('tool_choice', `must be a function of the request's tools, not "${name}"`)
  const toolChoice = choice === 'required' ? choice : name === undefined ? undefined : { name }
  return { enableToolCalls: choice !== 'none', tools, toolChoice }
}
