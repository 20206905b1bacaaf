import type { FunctionInvoker } from '../functions.js'
import { RpcError, type RpcMessage, rpcCodes } from './json-rpc.js'
import type { McpCaller, McpEntry } from './mcp-call.js'
import { getPrompt } from './mcp-prompts.js'
import { findResource, type McpResource, readResource } from './mcp-resources.js'
import type { McpSettings } from './mcp-settings.js'
import { callTool } from './mcp-tools.js'

/** The versions of the protocol that this server speaks, newest first (modelcontextprotocol.io: versioning). */
const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

export interface McpServerOptions {
  readonly settings: McpSettings
  readonly tools: readonly McpEntry[]
  readonly resources: readonly McpResource[]
  readonly prompts: readonly McpEntry[]
  readonly invoker: FunctionInvoker
}

/** The result of a request. Rejects with {@link RpcError} for what the client has done wrong. */
export type McpServer = (message: RpcMessage, caller: McpCaller) => Promise<object>

/** Answers the methods of the Model Context Protocol that the platform answers (MCP extension: server handlers). */
export function createMcpServer(options: McpServerOptions): McpServer {
  const { tools, resources, prompts, invoker, settings } = options
  return async ({ method = '', params }, caller) => {
    switch (method) {
      case 'initialize':
        return toInitializeResult(settings, params.protocolVersion)
      case 'ping':
        return {}
      case 'tools/list':
        return { tools: tools.map(({ listing }) => listing) }
      case 'tools/call':
        return callTool(findByName(tools, params.name), params, invoker, caller)
      case 'resources/list':
        return { resources: resources.filter(({ uri }) => !uri.isTemplate).map(({ listing }) => listing) }
      case 'resources/templates/list':
        return {
          resourceTemplates: resources.filter(({ uri }) => uri.isTemplate).map(({ listing }) => listing),
        }
      case 'resources/read':
        return readResource(findResource(resources, params.uri), params, invoker, caller)
      case 'prompts/list':
        return { prompts: prompts.map(({ listing }) => listing) }
      case 'prompts/get':
        return getPrompt(findByName(prompts, params.name), params, invoker, caller)
      default:
        throw new RpcError(rpcCodes.methodNotFound, `Method '${method}' is not available.`)
    }
  }
}

function toInitializeResult(
  { serverName, serverVersion, instructions }: McpSettings,
  asked: unknown,
): object {
  const [newest] = protocolVersions
  return {
    protocolVersion: protocolVersions.find((version) => version === asked) ?? newest,
    capabilities: { tools: {}, resources: {}, prompts: {} },
    serverInfo: { name: serverName, version: serverVersion },
    ...(instructions !== undefined && { instructions }),
  }
}

function findByName(entries: readonly McpEntry[], name: unknown): McpEntry | undefined {
  if (typeof name !== 'string') return undefined
  return entries.find((entry) => entry.name.toLowerCase() === name.toLowerCase())
}
