import azureFunctions, {
  app,
  type InvocationContext,
  type McpToolFunctionOptions,
  type McpToolResponse,
} from '@azure/functions'
import * as df from 'durable-functions'
import { withInvocationTrace } from '../agent/telemetry/invocation-trace.js'
import { isJsonObject, type JsonObject } from '../core/json.js'
import { type Problem, toProblem } from '../core/problem.js'
import type { RouteServices } from './serve-route.js'

// Node 22 finds most classes of this CommonJS module only on its default export.
const { McpTextContent, McpToolResponse: ToolResponse } = azureFunctions

/** A tool of the app's MCP server. */
export interface McpTool extends Pick<McpToolFunctionOptions, 'toolName' | 'description' | 'toolProperties'> {
  /** The name of its function, which clients do not see. */
  readonly functionName: string
  readonly answer: (toolInput: unknown, context: InvocationContext) => Promise<McpToolResponse>
  /** What clients are told of what `answer` threw. */
  readonly toFailure: (problem: Problem, context: InvocationContext) => McpToolResponse
}

/** Registers a function that MCP clients find as a tool. Only Azure's MCP extension and the embedded host have such functions. */
export function registerMcpTool({ functionName, answer, toFailure, ...tool }: McpTool): void {
  app.mcpTool(functionName, {
    ...tool,
    extraInputs: [df.input.durableClient()],
    handler: async (toolInput, context) => {
      try {
        return await withInvocationTrace(context, undefined, () => answer(toolInput, context))
      } catch (error) {
        // Clients are not told what a function throws, so a failure has to be an answer.
        context.error(error)
        return toFailure(toProblem(error), context)
      }
    },
  })
}

/** The arguments of a call of a tool: the extension has checked that what is required is there, but not of what type it is. */
export function readToolArguments(input: unknown): JsonObject {
  return readObject(input, 'arguments')
}

/** Whom a call of a tool comes from: whoever is signed in is so by the headers of the request, as with any other route. */
export async function readToolOwner(
  input: unknown,
  { owner }: Pick<RouteServices, 'owner'>,
): Promise<string | undefined> {
  const given = Object.entries(readObject(input, 'transport', 'properties', 'headers'))
  const headers = given.filter((header): header is [string, string] => typeof header[1] === 'string')
  return await owner(new Request('http://localhost/runtime/webhooks/mcp', { headers }))
}

/** An answer with a text for the model, and the same for programs. */
export function createToolResponse(text: string, structuredContent: object): McpToolResponse {
  return new ToolResponse({ content: [new McpTextContent(text)], structuredContent })
}

/** The object at a path; an empty one when there is none. */
function readObject(value: unknown, ...path: readonly string[]): JsonObject {
  const [name, ...rest] = path
  if (!isJsonObject(value)) return {}
  return name === undefined ? value : readObject(value[name], ...rest)
}
