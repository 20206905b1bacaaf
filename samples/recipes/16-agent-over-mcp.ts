import { Agent, type ChatClient } from 'durable-agent-functions'
import { type AgentMcpServer, createAgentMcpServer } from 'durable-agent-functions/mcp-server'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** Others use it with `mcpStdio({ name: 'docs', command: 'node', args: ['16-agent-over-mcp.js'] })`, or over HTTP by its `fetch`. */
export function createDocsServer(client: ChatClient): AgentMcpServer {
  const agent = new Agent({
    name: 'docs_agent',
    description: 'Answers questions about our internal documentation.',
    client,
    instructions: 'Only answer using the indexed docs.',
  })
  return createAgentMcpServer(agent, {
    name: 'docs-mcp',
    version: '1.0.0',
    instructions: 'Use docs_agent for any question about internal docs.',
  })
}

if (process.argv[1] === import.meta.filename) createDocsServer(createChatClientFromEnvironment()).serveStdio()
