import {
  fromJsonSchema,
  type JsonSchemaType,
  type Tool as McpTool,
  type Progress,
} from '@modelcontextprotocol/client'
import { createLazySchema, limitCheck } from '../../core/caller-schema.js'
import type { JsonObject } from '../../core/json.js'
import type { Validate } from '../../core/schema.js'
import type { Tool } from '../agent-definition.js'
import { captureTraceContext } from '../telemetry/trace-context.js'
import { tool } from '../tools/tool.js'
import type { ConnectionPool } from './connection-pool.js'
import type { McpServerOptions } from './server-options.js'
import { toApproval, toApprovalNames } from './tool-approval.js'
import { toToolResult } from './tool-result.js'

/** A tool as its server defines it, and the name that the model knows it by. */
export interface NamedTool {
  readonly definition: McpTool
  readonly name: string
  readonly server: McpServerOptions
}

/** Where a server finds the key that is the same whenever a call is executed again (MCP, `_meta`). */
const idempotencyKeyMeta = 'durable-agent-functions/idempotency-key'

/** A server's tool as one of an agent's. */
export function createMcpTool({ definition, name, server }: NamedTool, connections: ConnectionPool): Tool {
  const {
    approval,
    untrusted,
    trustAnnotations = false,
    onUnknownOutcome,
    approvers,
    approvalTimeoutMs,
  } = server
  const { readOnlyHint, idempotentHint } = (trustAnnotations && definition.annotations) || {}
  return tool({
    name,
    description: definition.description ?? definition.title ?? '',
    parameters: createLazySchema(definition.inputSchema as JsonObject, () => compile(definition.inputSchema)),
    readOnly: readOnlyHint === true,
    idempotent: idempotentHint === true,
    untrusted,
    onUnknownOutcome,
    approval: toApproval(approval, toApprovalNames(server.name, definition.name, name)),
    approvers,
    approvalTimeoutMs,
    async execute(args, context) {
      const connection = await connections.find(context)
      const { signal, reportProgress } = context
      // The MCP conventions of OpenTelemetry have the trace travel here, too.
      const meta = { [idempotencyKeyMeta]: context.idempotencyKey, ...captureTraceContext() }
      const onProgress = ({ progress, total, message }: Progress) =>
        reportProgress({ progress, total, message })
      return toToolResult(await connection.callTool({ tool: definition, args, meta, signal, onProgress }))
    },
  })
}

/** Stands in for a tool that is no longer what the session was shown: the model is told nothing of what it says now. */
export function createChangedTool({ definition, name, server }: NamedTool): Tool {
  return tool({
    name,
    description: 'Not available: its definition has changed since this conversation began.',
    readOnly: true,
    untrusted: server.untrusted,
    execute: () => {
      throw new Error(
        `MCP server "${server.name}" has changed the definition of its tool "${definition.name}" since this session began, so it was not called. Reset the session, or set onChangedTool to 'allow'.`,
      )
    },
  })
}

function compile(inputSchema: McpTool['inputSchema']): Validate<JsonObject> {
  try {
    return limitCheck(fromJsonSchema<JsonObject>(inputSchema as JsonSchemaType)['~standard'].validate)
  } catch {
    // A dialect that we do not know is no reason to refuse: the server checks its arguments itself.
    return (value) => ({ value: value as JsonObject })
  }
}
