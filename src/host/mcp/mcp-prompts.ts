import type { FunctionDefinition, FunctionInvoker, TypedData } from '../functions.js'
import { isObject, type UncheckedObject } from '../unchecked-object.js'
import { RpcError, rpcCodes } from './json-rpc.js'
import { invokeMcpFunction, type McpCaller, type McpEntry, readArguments, toTextValues } from './mcp-call.js'
import { parseJsonOption, pickOptions, readMeta } from './mcp-option.js'

/** Reads a prompt trigger's options. @throws {AgentError} naming the option that is not JSON. */
export function parseMcpPrompt(definition: FunctionDefinition): McpEntry {
  const { trigger } = definition
  const name = String(trigger.promptName)
  const given = parseJsonOption(trigger, 'promptArguments')
  const entries = (Array.isArray(given) ? given : []).filter(isObject)
  const icons = parseJsonOption(trigger, 'icons')
  return {
    name,
    definition,
    required: entries.filter(({ required }) => required === true).map((entry) => String(entry.name)),
    listing: {
      name,
      ...pickOptions(trigger, ['title', 'description']),
      arguments: entries.map(toArgument),
      ...(icons !== undefined && { icons }),
      ...readMeta(trigger),
    },
  }
}

function toArgument({ name, description, required }: UncheckedObject): object {
  return { name, ...(typeof description === 'string' && { description }), required: required === true }
}

/** Answers `prompts/get`. @throws {RpcError} when the request does not fit the prompt. Rejects when the function fails. */
export async function getPrompt(
  prompt: McpEntry | undefined,
  params: UncheckedObject,
  invoker: FunctionInvoker,
  caller: McpCaller,
): Promise<object> {
  if (prompt === undefined) throw new RpcError(rpcCodes.invalidParams, `Unknown prompt: '${params.name}'`)
  const values = readArguments(params, prompt.required, 'prompt arguments')
  const invocation = {
    definition: prompt.definition,
    subject: { name: params.name, arguments: params.arguments },
    contextName: 'mcppromptcontext',
    metadata: { mcppromptargs: toTextValues(values) },
    reason: `MCP prompt '${prompt.name}' was asked for.`,
  }
  return toPromptResult(await invokeMcpFunction(invoker, invocation, caller))
}

/** For JavaScript, whatever a function gives is the text of one message (MCP extension: SimplePromptReturnValueBinder). */
function toPromptResult(value: TypedData | undefined): object {
  if (value === undefined) return { messages: [] }
  const text =
    'json' in value ? JSON.stringify(JSON.parse(value.json), undefined, 2) : String(Object.values(value)[0])
  return { messages: [{ role: 'user', content: { type: 'text', text } }] }
}
