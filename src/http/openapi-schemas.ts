import type { JsonObject } from '../core/json.js'

const text = { type: 'string' }
const flag = { type: 'boolean' }
const count = { type: 'integer', minimum: 0 }
const time = { type: 'string', format: 'date-time' }

function object(properties: JsonObject, required: readonly string[] = Object.keys(properties)): JsonObject {
  return { type: 'object', properties, required }
}

function list(items: JsonObject): JsonObject {
  return { type: 'array', items }
}

const usage = object({ prompt_tokens: count, completion_tokens: count, total_tokens: count })

const toolCall = object({ id: text, name: text, arguments: {}, result: {}, error: text }, [
  'id',
  'name',
  'arguments',
])

const agentResponse = object(
  {
    text,
    kind: { enum: ['agent_message', 'agent_error'] },
    tool_calls: list(toolCall),
    usage,
    error: object({ code: text, message: text }),
  },
  ['text', 'kind', 'tool_calls', 'usage'],
)

const historyEntry = object(
  {
    role: text,
    content: text,
    timestamp: time,
    correlationId: text,
    model: text,
    agent_response: agentResponse,
  },
  ['role', 'content', 'timestamp'],
)

const agent = { name: text, type: text, description: text, tools: list(text) }

const problem = object(
  {
    type: text,
    title: text,
    status: count,
    detail: text,
    code: text,
    sessionId: text,
    correlationId: text,
    issues: list(object({ path: text, message: text })),
  },
  ['type', 'title', 'status', 'detail', 'code'],
)

const servedAgent = object({ name: text, type: text, http_endpoint_enabled: flag, mcp_tool_enabled: flag }, [
  'name',
  'type',
])

const answer = object(
  {
    response: text,
    message: text,
    sessionId: text,
    status: { const: 'success' },
    message_count: count,
    correlationId: text,
    usage,
    value: {},
  },
  ['response', 'message', 'sessionId', 'status', 'message_count', 'correlationId', 'usage'],
)

const approval = object(
  {
    approvalId: text,
    callId: text,
    name: text,
    arguments: {},
    reason: { enum: ['policy', 'unknown_outcome'] },
    expiresAt: time,
    inner: object({ agent: text, approvalId: text }),
  },
  ['approvalId', 'callId', 'name', 'arguments', 'reason'],
)

/** What the routes answer with, as JSON Schemas by name. */
export const openApiSchemas: JsonObject = {
  Answer: answer,
  Pending: object(
    {
      status: { enum: ['accepted', 'running', 'waiting'] },
      sessionId: text,
      correlationId: text,
      approvals: list(approval),
    },
    ['status', 'sessionId', 'correlationId'],
  ),
  Problem: problem,
  Outcome: {
    oneOf: [
      answer,
      object({ status: { const: 'error' }, sessionId: text, correlationId: text, error: problem }),
      object({ status: { const: 'cancelled' }, sessionId: text, correlationId: text, reason: text, text }),
    ],
  },
  State: object(
    {
      message_count: count,
      conversation_history: list(historyEntry),
      last_response: { type: ['string', 'null'] },
      agent_type: text,
      sessionId: text,
      status: { enum: ['idle', 'running', 'waiting'] },
      run: object({ correlationId: text, status: text }),
      approvals: list(approval),
      next_before: count,
    },
    ['message_count', 'conversation_history', 'last_response', 'agent_type', 'sessionId', 'status'],
  ),
  Agents: object({ agents: list(object(agent, ['name', 'type', 'tools'])), agent_count: count }),
  Agent: object(
    {
      ...agent,
      sessions: list(object({ sessionId: text, createdAt: time, updatedAt: time })),
      next_before: text,
    },
    ['name', 'type', 'tools', 'sessions'],
  ),
  Health: object(
    {
      status: { enum: ['healthy', 'unhealthy'] },
      agents: list(servedAgent),
      agent_count: count,
      checks: { type: 'object' },
    },
    ['status', 'agents', 'agent_count'],
  ),
}
