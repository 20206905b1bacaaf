import type { JsonObject } from '../core/json.js'
import { issues, text, toList, toObject } from './openapi-parts.js'

const flag = { type: 'boolean' }
const count = { type: 'integer', minimum: 0 }
const time = { type: 'string', format: 'date-time' }

const usage = toObject({ prompt_tokens: count, completion_tokens: count, total_tokens: count })

/** Of answers that are not whole. */
const finishReason = { enum: ['length', 'content_filter'] }

const toolCall = toObject({ id: text, name: text, arguments: {}, result: {}, error: text }, [
  'id',
  'name',
  'arguments',
])

const agentResponse = toObject(
  {
    text,
    kind: { enum: ['agent_message', 'agent_error'] },
    tool_calls: toList(toolCall),
    usage,
    finishReason,
    error: toObject({ code: text, message: text }),
  },
  ['text', 'kind', 'tool_calls', 'usage'],
)

const historyEntry = toObject(
  {
    role: text,
    content: text,
    timestamp: time,
    correlationId: text,
    files: count,
    undoes: text,
    model: text,
    agent_response: agentResponse,
  },
  ['role', 'content', 'timestamp'],
)

const agent = { name: text, type: text, description: text, tools: toList(text), undoable: toList(text) }

const problem = toObject(
  {
    type: text,
    title: text,
    status: count,
    detail: text,
    code: text,
    sessionId: text,
    correlationId: text,
    issues,
    retryable: { type: 'boolean' },
    retryAfterMs: { type: 'number' },
  },
  ['type', 'title', 'status', 'detail', 'code'],
)

const servedAgent = toObject(
  { name: text, type: text, http_endpoint_enabled: flag, mcp_tool_enabled: flag },
  ['name', 'type'],
)

const answer = toObject(
  {
    response: text,
    message: text,
    sessionId: text,
    status: { const: 'success' },
    message_count: count,
    correlationId: text,
    usage,
    value: {},
    finishReason,
  },
  ['response', 'message', 'sessionId', 'status', 'message_count', 'correlationId', 'usage'],
)

const approvalFields = {
  approvalId: text,
  callId: text,
  name: text,
  arguments: {},
  reason: { enum: ['policy', 'untrusted_content', 'budget_exhausted', 'unknown_outcome'] },
  approvers: count,
  approvedBy: toList(text),
  expiresAt: time,
  inner: toObject({ agent: text, approvalId: text }),
}

const neededOfApproval = ['approvalId', 'callId', 'name', 'arguments', 'reason']

const approval = toObject(approvalFields, neededOfApproval)

const listedApproval = toObject(
  {
    agent: text,
    sessionId: text,
    correlationId: text,
    ...approvalFields,
    requestedAt: time,
    decisions: toList({ enum: ['approve', 'reject'] }),
  },
  ['agent', 'sessionId', 'correlationId', ...neededOfApproval, 'requestedAt', 'decisions'],
)

const openCall = toObject({ callId: text, name: text, arguments: {} }, ['callId', 'name', 'arguments'])

const scheduledMessage = toObject({ correlationId: text, sendAt: time, message: text })

/** What the routes answer with, as JSON Schemas by name. */
export const openApiSchemas: JsonObject = {
  Answer: answer,
  Pending: toObject(
    {
      status: { enum: ['scheduled', 'accepted', 'running', 'waiting'] },
      sessionId: text,
      correlationId: text,
      sendAt: time,
      approvals: toList(approval),
      toolCalls: toList(openCall),
    },
    ['status', 'sessionId', 'correlationId'],
  ),
  Problem: problem,
  Outcome: {
    oneOf: [
      answer,
      toObject({ status: { const: 'error' }, sessionId: text, correlationId: text, error: problem }),
      toObject({ status: { const: 'cancelled' }, sessionId: text, correlationId: text, reason: text, text }),
    ],
  },
  State: toObject(
    {
      message_count: count,
      conversation_history: toList(historyEntry),
      last_response: { type: ['string', 'null'] },
      agent_type: text,
      sessionId: text,
      status: { enum: ['idle', 'running', 'waiting'] },
      run: toObject({ correlationId: text, status: text }),
      approvals: toList(approval),
      toolCalls: toList(openCall),
      scheduled: toList(scheduledMessage),
      next_before: count,
    },
    ['message_count', 'conversation_history', 'last_response', 'agent_type', 'sessionId', 'status'],
  ),
  Approvals: toObject({ approvals: toList(listedApproval), next_after: count }, ['approvals']),
  Balance: toObject({ tokens: { type: 'number' }, spent: count, until: time }),
  Agents: toObject(
    {
      agents: toList(toObject(agent, ['name', 'type', 'tools'])),
      agent_count: count,
      workflows: toList(text),
      allowance: flag,
    },
    ['agents', 'agent_count'],
  ),
  Agent: toObject(
    {
      ...agent,
      sessions: toList(toObject({ sessionId: text, createdAt: time, updatedAt: time })),
      next_before: text,
    },
    ['name', 'type', 'tools', 'sessions'],
  ),
  Health: toObject(
    {
      status: { enum: ['healthy', 'unhealthy'] },
      agents: toList(servedAgent),
      agent_count: count,
      checks: { type: 'object' },
    },
    ['status', 'agents', 'agent_count'],
  ),
}
