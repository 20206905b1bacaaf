export { createAgentMcpServer } from './agent-mcp-server.js'
export type { AgentMcpServer, AgentMcpServerOptions } from './agent-mcp-server-options.js'
