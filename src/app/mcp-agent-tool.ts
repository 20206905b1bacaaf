import type { InvocationContext, McpToolResponse } from '@azure/functions'
import type { Agent } from '../agent/agent.js'
import { createTextMessage } from '../core/messages.js'
import type { Problem } from '../core/problem.js'
import { withinMs } from '../core/work-limit.js'
import { parseSessionId } from '../http/ids.js'
import { createFieldError } from '../http/request-errors.js'
import type { RunKey } from '../run/run-log.js'
import { createRunRequest } from '../session/client/run-request.js'
import { createToolResponse, readToolArguments, readToolOwner, registerMcpTool } from './mcp-tool.js'
import type { RouteServices } from './serve-route.js'

/** How an agent shows as a tool of the app's MCP server, at `/runtime/webhooks/mcp`. */
export interface McpAgentToolOptions {
  /** @default the agent's name */
  readonly name?: string | undefined
  /** What the agent is for, for the models that choose among tools. @default the agent's description */
  readonly description?: string | undefined
}

/** Registers a function that offers an agent as a tool to MCP clients. */
export function registerAgentTool(agent: Agent, options: McpAgentToolOptions, services: RouteServices): void {
  const { name = agent.name, description = agent.description ?? `Ask the agent ${agent.name}.` } = options
  registerMcpTool({
    functionName: `mcptool-${agent.name}`,
    toolName: name,
    description,
    toolProperties: [
      {
        propertyName: 'query',
        propertyType: 'string',
        description: 'What to ask the agent.',
        isRequired: true,
      },
      {
        propertyName: 'sessionId',
        propertyType: 'string',
        description: 'Goes on with an earlier conversation; from an earlier result.',
        isRequired: false,
      },
    ],
    answer: (toolInput, context) => ask({ agent, services, toolInput, context }),
    toFailure: (problem, { invocationId }) =>
      toFailure(problem, { agent: agent.name, session: '', run: invocationId }),
  })
}

interface McpCall {
  readonly agent: Agent
  readonly services: RouteServices
  readonly toolInput: unknown
  readonly context: InvocationContext
}

async function ask({ agent, services, toolInput, context }: McpCall): Promise<McpToolResponse> {
  const { query, sessionId } = parseToolInput(toolInput)
  const id = context.invocationId
  const key = { agent: agent.name, session: sessionId ?? id, run: id }
  const sessions = services.clients.get(context)
  const owner = await readToolOwner(toolInput, services)
  const messages = [createTextMessage('user', query)]
  await sessions.start(key, createRunRequest({ messages, owner }))
  const { waitLimitMs } = services.settings
  const news = await withinMs(waitLimitMs, (signal) => sessions.waitForNews(key, signal))
  if (news === undefined || news === 'waiting') return toWaiting(news, key)
  switch (news.type) {
    case 'run.completed':
      return createToolResponse(news.data.response, {
        status: 'success',
        response: news.data.response,
        value: news.data.value,
        finishReason: news.data.finishReason,
        ...toIds(key),
      })
    case 'run.failed':
      return toFailure(news.data, key)
    case 'run.cancelled':
      return createToolResponse(`The run was cancelled: ${news.data.reason}`, {
        status: 'cancelled',
        ...toIds(key),
      })
  }
}

function parseToolInput(input: unknown) {
  const { query, sessionId } = readToolArguments(input)
  if (typeof query !== 'string' || query.trim() === '') {
    throw createFieldError('query', 'must be a text that is not blank')
  }
  return {
    query,
    sessionId: typeof sessionId === 'string' && sessionId !== '' ? parseSessionId(sessionId) : undefined,
  }
}

function toWaiting(news: 'waiting' | undefined, key: RunKey): McpToolResponse {
  const text =
    news === 'waiting'
      ? 'The agent waits for a human to approve what it wants to do'
      : 'The agent is still working'
  return createToolResponse(`${text}; its answer will become part of the session.`, {
    status: news ?? 'running',
    ...toIds(key),
  })
}

function toFailure({ detail, code }: Problem, key: RunKey): McpToolResponse {
  return createToolResponse(`The agent could not answer: ${detail}`, { status: 'error', code, ...toIds(key) })
}

function toIds({ session, run }: RunKey) {
  return { sessionId: session, correlationId: run }
}
