import { parseTraceContext } from '../../core/trace-context.js'
import type { FunctionDefinition, FunctionInvoker, TypedData } from '../functions.js'
import { TriggerMetadata } from '../invocation/trigger-metadata.js'
import { toObject, type UncheckedObject } from '../unchecked-object.js'
import { RpcError, rpcCodes } from './json-rpc.js'

/** Who asks, and how, for the function to see. */
export interface McpCaller {
  readonly transport: 'http-streamable' | 'http-sse'
  /** The session as the client names it; undefined before it has one. */
  readonly sessionId: string | undefined
  /** What the client has said of itself, where the transport remembers it. */
  readonly clientInfo?: unknown
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** A tool or a prompt, ready to be listed and asked for. */
export interface McpEntry {
  /** Names compare ignoring case. */
  readonly name: string
  readonly definition: FunctionDefinition
  /** The entry of `tools/list`, or of `prompts/list`. */
  readonly listing: object
  /** Names of the arguments that must be given. */
  readonly required: readonly string[]
}

/** What one kind of trigger tells its function (MCP extension: tool, resource and prompt invocation context). */
export interface McpInvocation {
  readonly definition: FunctionDefinition
  /** What is asked for; the session and the transport are added. */
  readonly subject: Readonly<Record<string, unknown>>
  /** The metadata's name for the whole context, e.g. `mcptoolcontext`. */
  readonly contextName: string
  /** More metadata. */
  readonly metadata: Readonly<Record<string, TypedData>>
  readonly reason: string
}

/** The function could not answer; its error is in the log. */
export class McpFunctionError extends Error {
  override readonly name = 'McpFunctionError'
}

/** Runs the function and gives what it returned. @throws {McpFunctionError} when it failed. */
export async function invokeMcpFunction(
  invoker: FunctionInvoker,
  { definition, subject, contextName, metadata, reason }: McpInvocation,
  { transport: name, sessionId, clientInfo, headers }: McpCaller,
): Promise<TypedData | undefined> {
  const transport = { name, sessionId: headers['mcp-session-id'], properties: { headers } }
  const context = JSON.stringify({ ...subject, sessionid: sessionId, clientinfo: clientInfo, transport })
  const triggerMetadata = new TriggerMetadata().put(contextName, { json: context })
  if (sessionId !== undefined) triggerMetadata.put('mcpsessionid', { string: sessionId })
  for (const [name, value] of Object.entries(metadata)) triggerMetadata.put(name, value)
  const outcome = await invoker.invoke(definition, {
    input: { string: context },
    triggerMetadata: triggerMetadata.toRecord(),
    reason,
    traceContext: parseTraceContext(headers.traceparent, headers.tracestate),
  })
  if (!outcome.succeeded) throw new McpFunctionError(outcome.message)
  return outcome.returnValue ?? undefined
}

/** The arguments in a request's parameters. @throws {RpcError} naming those that are required and missing; `what` is what the platform calls them. */
export function readArguments(
  params: UncheckedObject,
  required: readonly string[],
  what: 'tool properties' | 'prompt arguments',
): UncheckedObject {
  const values = toObject(params.arguments)
  const missing = required.filter((name) => values[name] === undefined || values[name] === null)
  if (missing.length === 0) return values
  const message = `One or more required ${what} are missing values. Please provide: ${missing.join(', ')}`
  throw new RpcError(rpcCodes.invalidParams, message)
}

/** The values as text, as .NET prints them, for the metadata. */
export function toTextValues(values: Readonly<Record<string, unknown>>): TypedData {
  const texts = Object.entries(values).map(([name, value]) => [name, toText(value)])
  return { json: JSON.stringify(Object.fromEntries(texts)) }
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}
