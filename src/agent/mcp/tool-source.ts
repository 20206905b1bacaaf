import type { Tool as McpTool } from '@modelcontextprotocol/client'
import type { Tool, ToolSource } from '../agent-definition.js'
import type { ConnectionPool } from './connection-pool.js'
import { createChangedTool, createMcpTool } from './mcp-tool.js'
import type { McpServerOptions } from './server-options.js'
import { checkServerName, toToolNames } from './tool-name.js'
import { findChangedTools } from './tool-pins.js'

/** The tools of an MCP server, for `tools` of an agent. Connects when first needed; close it at the end, or declare it with `await using`. */
export interface McpToolSource extends ToolSource, AsyncDisposable {
  /** Ends the connections, and a server that was started for them. What is asked later connects again. */
  close(): Promise<void>
}

/** A server's tools over whatever connections lead to it. */
export function createMcpToolSource(server: McpServerOptions, connections: ConnectionPool): McpToolSource {
  checkServerName(server.name)
  const close = () => connections.close()
  return {
    name: server.name,
    async tools(context) {
      const connection = await connections.find(context)
      const definitions = selectAllowed(await connection.listTools(context.signal), server.allowedTools)
      const changed = findChangedTools(context.state, definitions, server.onChangedTool ?? 'refuse')
      const names = toToolNames(
        server.name,
        definitions.map((definition) => definition.name),
      )
      return definitions.map((definition): Tool => {
        const named = { definition, name: names.get(definition.name) ?? definition.name, server }
        return changed.has(definition.name) ? createChangedTool(named) : createMcpTool(named, connections)
      })
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function selectAllowed(
  tools: readonly McpTool[],
  allowed: readonly string[] | undefined,
): readonly McpTool[] {
  return allowed === undefined ? tools : tools.filter(({ name }) => allowed.includes(name))
}
