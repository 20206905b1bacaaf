import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { importPeer } from '../../core/import-peer.js'
import type { Agent } from '../agent.js'
import type { AgentMcpServer, AgentMcpServerOptions } from './agent-mcp-server-options.js'

const optionNames: OptionNames<AgentMcpServerOptions> = {
  name: true,
  version: true,
  instructions: true,
  toolName: true,
  toolDescription: true,
  context: true,
  allowedHosts: true,
  onWarning: true,
}

/**
 * Serves an agent to other agents, editors and desktop apps over MCP. Each call is a run of its own, in memory, that ends
 * with its caller; what the agent says meanwhile is reported as progress. Only text is forwarded.
 *
 * @example
 * const server = createAgentMcpServer(docsAgent, { name: 'docs-mcp', version: '1.0.0' })
 * server.serveStdio()
 * @throws {AgentError} `invalid_configuration` for options that there are not.
 */
export function createAgentMcpServer(agent: Agent, options: AgentMcpServerOptions = {}): AgentMcpServer {
  checkOptions('createAgentMcpServer', options, optionNames)
  let loading: Promise<AgentMcpServer> | undefined
  const load = () => {
    loading ??= importPeer('createAgentMcpServer', '@modelcontextprotocol/server', async () => {
      const { createServedAgent } = await import('./served-agent.js')
      return createServedAgent(agent, options)
    })
    return loading
  }
  return {
    fetch: async (request) => (await load()).fetch(request),
    serveStdio() {
      const serving = load().then((server) => server.serveStdio())
      return { close: async () => (await serving).close() }
    },
    close: async () => (await loading?.catch(() => undefined))?.close(),
  }
}
