import {
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer,
  originValidationResponse,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'
import { type ChatMessage, toSaidText } from '../../core/messages.js'
import { toProblem } from '../../core/problem.js'
import { toPlainLine } from '../../core/to-plain-text.js'
import type { Agent } from '../agent.js'
import type { AgentMcpServer, AgentMcpServerOptions } from './agent-mcp-server-options.js'

/** The server of an agent, with the package that speaks MCP. */
export function createServedAgent(agent: Agent, options: AgentMcpServerOptions): AgentMcpServer {
  const createServer = () => createServerOf(agent, options)
  const handler = createMcpHandler(createServer)
  return {
    fetch: async (request) => refuseHost(request, options.allowedHosts) ?? handler.fetch(request),
    serveStdio: () => serveStdio(createServer),
    close: () => handler.close(),
  }
}

function refuseHost(request: Request, allowed: readonly string[] | undefined): Response | undefined {
  if (allowed === undefined) return undefined
  return (
    hostHeaderValidationResponse(request, [...allowed]) ?? originValidationResponse(request, [...allowed])
  )
}

const parameters = z.object({
  query: z.string().describe('What the agent is asked, with everything it has to know.'),
})

function createServerOf(agent: Agent, options: AgentMcpServerOptions): McpServer {
  const { name = agent.name, version = '1.0.0', instructions, toolName = agent.name } = options
  const server = new McpServer({ name, version }, instructions === undefined ? {} : { instructions })
  const description = options.toolDescription ?? agent.description ?? `Asks the agent ${agent.name}.`
  server.registerTool(toolName, { description, inputSchema: parameters }, ({ query }, context) =>
    answer(agent, options, query, context),
  )
  return server
}

/** Security: of errors that are not our own the caller learns nothing but that they happened. */
async function answer(agent: Agent, options: AgentMcpServerOptions, query: string, context: ServerContext) {
  try {
    const values = (await options.context?.(context.http?.req)) ?? {}
    const run = agent.run(query, { signal: context.mcpReq.signal, context: values })
    await reportProgress(run, context)
    const { messages } = await run
    return toToolResult(toAnswerText(messages, options.onWarning ?? warn))
  } catch (error) {
    context.mcpReq.signal.throwIfAborted()
    return { ...toToolResult(toProblem(error).detail), isError: true }
  }
}

function toToolResult(text: string) {
  return { content: [{ type: 'text' as const, text }] }
}

/** The text of a run's answer, its last message. Of what else is in that, `warn` is told. */
function toAnswerText(messages: readonly ChatMessage[], warn: (warning: string) => void): string {
  const contents = messages.at(-1)?.contents ?? []
  const dropped = contents.filter(({ type }) => type === 'data' || type === 'uri')
  if (dropped.length > 0) {
    const kinds = dropped.map((content) => ('mediaType' in content && content.mediaType) || content.type)
    warn(`Contents of an answer are not forwarded over MCP, which carries text only: ${kinds.join(', ')}.`)
  }
  return toSaidText(messages.at(-1))
}

/** Tells a caller who wants to know what the agent says; that keeps the call alive, too. */
async function reportProgress(run: ReturnType<Agent['run']>, { mcpReq }: ServerContext): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return
  let progress = 0
  for await (const { text } of run) {
    progress += 1
    const params = { progressToken, progress, ...(text === '' ? {} : { message: text }) }
    await mcpReq.notify({ method: 'notifications/progress', params })
  }
}

/** Security: what models call the types of their files could rewrite a terminal, or add lines to a log. */
function warn(warning: string): void {
  process.emitWarning(toPlainLine(warning), 'AgentMcpServer')
}
