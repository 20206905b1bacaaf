import {
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer,
  originValidationResponse,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'
import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { toProblem } from '../../core/problem.js'
import { toPlainLine } from '../../core/to-plain-text.js'
import type { Agent } from '../agent.js'
import type { InvocationValues } from '../providers/provider-context.js'
import { toAnswerText } from './answer-text.js'

export interface AgentMcpServerOptions {
  /** What the server calls itself. @default the agent's name */
  readonly name?: string | undefined
  /** @default '1.0.0' */
  readonly version?: string | undefined
  /** How to use the server, for the models of its clients. @default none */
  readonly instructions?: string | undefined
  /** What the tool that asks the agent is called. @default the agent's name */
  readonly toolName?: string | undefined
  /** When to use that tool. @default the agent's description */
  readonly toolDescription?: string | undefined
  /** Makes the values that the agent's tools may know of, from the HTTP request; it may refuse one by throwing. @default none */
  readonly context?:
    | ((request: Request | undefined) => InvocationValues | Promise<InvocationValues>)
    | undefined
  /** Host names under which the HTTP face may be called, which keeps web pages from calling a server on localhost. @default all */
  readonly allowedHosts?: readonly string[] | undefined
  /** Told of contents of answers that MCP clients do not get. @default a process warning */
  readonly onWarning?: ((warning: string) => void) | undefined
}

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

/** An agent as an MCP server of one tool. */
export interface AgentMcpServer {
  /** Streamable HTTP: answers one request. Whoever mounts it checks who is calling. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Serves on stdin and stdout, to which nothing else may write. Returns what ends that. */
  readonly serveStdio: () => { close(): Promise<void> }
  /** Ends what is being answered over HTTP. */
  close(): Promise<void>
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
