import type { Tool as McpTool } from '@modelcontextprotocol/client'
import { toPlainLine } from '../../core/to-plain-text.js'
import type { Tool, ToolSource } from '../agent-definition.js'
import type { ConnectionPool } from './connection-pool.js'
import { checkServerOptions, type McpServerOptions } from './server-options.js'
import { findUnknownNames, toApprovalNames } from './tool-approval.js'
import { toToolNames } from './tool-name.js'
import { findChangedTools } from './tool-pins.js'

/** The tools of an MCP server, for `tools` of an agent. Connects when first needed; close it at the end, or declare it with `await using`. */
export interface McpToolSource extends ToolSource, AsyncDisposable {
  /** Ends the connections, and a server that was started for them. What is asked later connects again. */
  close(): Promise<void>
}

/** A server's tools over whatever connections lead to it. */
export function createMcpToolSource(server: McpServerOptions, connections: ConnectionPool): McpToolSource {
  checkServerOptions(server)
  const close = () => connections.close()
  const warnOfUnknown = createApprovalCheck(server)
  return {
    name: server.name,
    untrusted: server.untrusted,
    async tools(context) {
      const connection = await connections.find(context)
      const { createChangedTool, createMcpTool } = await import('./mcp-tool.js')
      const listed = await connection.listTools(context.signal)
      warnOfUnknown(listed)
      const definitions = selectAllowed(listed, server.allowedTools)
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

/** Says, once for each, which names of the approval list are no tool's. No error: a server may list other tools to other callers. */
function createApprovalCheck(server: McpServerOptions): (tools: readonly McpTool[]) => void {
  const { name, approval = 'never', onWarning = warn } = server
  const told = new Set<string>()
  return (tools) => {
    const own = tools.map((tool) => tool.name)
    const names = toToolNames(name, own)
    const known = own.flatMap((tool) => toApprovalNames(name, tool, names.get(tool) ?? tool))
    for (const unknown of findUnknownNames(approval, known)) {
      if (told.has(unknown)) continue
      told.add(unknown)
      onWarning(
        `MCP server "${name}" has no tool "${unknown}", which its approval list names: a tool that was meant by it runs unasked. It has: ${own.join(', ')}.`,
      )
    }
  }
}

/** Security: what servers call their tools could rewrite a terminal, or add lines to a log. */
function warn(warning: string): void {
  process.emitWarning(toPlainLine(warning), 'McpToolSource')
}

/** Of tools that a server lists under one name the first counts: a model could not tell them apart. */
function selectAllowed(
  tools: readonly McpTool[],
  allowed: readonly string[] | undefined,
): readonly McpTool[] {
  const first = new Map(tools.toReversed().map((tool) => [tool.name, tool]))
  return tools.filter(
    (tool) => first.get(tool.name) === tool && (allowed === undefined || allowed.includes(tool.name)),
  )
}
