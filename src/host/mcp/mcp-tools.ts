import type { FunctionDefinition, FunctionInvoker, TypedData } from '../functions.js'
import { isObject, type UncheckedObject } from '../unchecked-object.js'
import { RpcError, rpcCodes } from './json-rpc.js'
import {
  invokeMcpFunction,
  type McpCaller,
  type McpEntry,
  McpFunctionError,
  readArguments,
  toTextValues,
} from './mcp-call.js'
import { parseJsonOption, readMeta } from './mcp-option.js'

/** Reads a tool trigger's options. @throws {AgentError} naming the option that is not JSON. */
export function parseMcpTool(definition: FunctionDefinition): McpEntry {
  const { trigger } = definition
  const name = String(trigger.toolName)
  const properties = parseJsonOption(trigger, 'toolProperties')
  const entries = (Array.isArray(properties) ? properties : []).filter(isObject)
  const required = entries
    .filter(({ isRequired }) => isRequired === true)
    .map(({ propertyName }) => String(propertyName))
  const schemas = entries.map((entry) => [String(entry.propertyName), toPropertySchema(entry)])
  const inputSchema = { type: 'object', properties: Object.fromEntries(schemas), required }
  const outputSchema = parseJsonOption(trigger, 'outputSchema') ?? parseJsonOption(trigger, 'resultSchema')
  return {
    name,
    definition,
    required,
    listing: {
      name,
      description: trigger.description,
      inputSchema,
      ...(outputSchema !== undefined && { outputSchema }),
      ...readMeta(trigger),
    },
  }
}

function toPropertySchema({ propertyType, description, isArray, enumValues }: UncheckedObject): object {
  const choices = Array.isArray(enumValues) && enumValues.length > 0 ? { enum: enumValues } : {}
  const value = { type: propertyType, ...choices }
  const shape = isArray === true ? { type: 'array', items: value } : value
  return { ...shape, description: description ?? '' }
}

/** Answers `tools/call`. A tool that fails gives a result that says so. @throws {RpcError} when the call does not fit the tool. */
export async function callTool(
  tool: McpEntry | undefined,
  params: UncheckedObject,
  invoker: FunctionInvoker,
  caller: McpCaller,
): Promise<object> {
  if (tool === undefined) throw new RpcError(rpcCodes.invalidParams, `Unknown tool: '${params.name}'`)
  const values = readArguments(params, tool.required, 'tool properties')
  const invocation = {
    definition: tool.definition,
    subject: { name: params.name, arguments: params.arguments },
    contextName: 'mcptoolcontext',
    metadata: { mcptoolargs: toTextValues(values) },
    reason: `MCP tool '${tool.name}' was called.`,
  }
  try {
    return toToolResult(await invokeMcpFunction(invoker, invocation, caller))
  } catch (error) {
    if (!(error instanceof McpFunctionError)) throw error
    const text = `An error occurred invoking '${tool.name}'.`
    return { content: [{ type: 'text', text }], isError: true }
  }
}

/** What the library makes of a handler's result: a block, or several, each as JSON text (MCP extension: ToolReturnValueBinder). */
function toToolResult(value: TypedData | undefined): object {
  if (value === undefined) return { content: [] }
  const result: unknown = 'string' in value ? JSON.parse(value.string) : undefined
  if (!isObject(result) || typeof result.content !== 'string') {
    throw new Error('The function gave no result that a tool can have.')
  }
  const content: unknown = JSON.parse(result.content)
  const { structuredContent: structured } = result
  return {
    content: Array.isArray(content) ? content : [content],
    ...(typeof structured === 'string' && { structuredContent: JSON.parse(structured) }),
  }
}
