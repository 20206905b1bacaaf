export { type AgentMcpServer, type AgentMcpServerOptions, createAgentMcpServer } from './agent-mcp-server.js'
