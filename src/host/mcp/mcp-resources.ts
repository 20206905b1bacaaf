import { parseJson } from '../../core/json.js'
import type { FunctionDefinition, FunctionInvoker, TypedData } from '../functions.js'
import { isObject, toObject, type UncheckedObject } from '../unchecked-object.js'
import { RpcError, rpcCodes } from './json-rpc.js'
import { invokeMcpFunction, type McpCaller } from './mcp-call.js'
import { pickOptions, readMeta } from './mcp-option.js'
import { parseUriTemplate, type UriTemplate } from './uri-template.js'

/** A resource function, ready to be listed and read. */
export interface McpResource {
  readonly uri: UriTemplate
  readonly definition: FunctionDefinition
  /** The entry of `resources/list`, or of `resources/templates/list`. */
  readonly listing: object
}

/** Reads a resource trigger's options. @throws {AgentError} for a URI that is none, or metadata that is not JSON. */
export function parseMcpResource(definition: FunctionDefinition): McpResource {
  const { trigger } = definition
  const uri = parseUriTemplate(String(trigger.uri))
  return {
    uri,
    definition,
    listing: {
      ...(uri.isTemplate ? { uriTemplate: uri.text } : { uri: uri.text }),
      name: trigger.resourceName,
      ...pickOptions(trigger, ['title', 'description', 'mimeType', ...(uri.isTemplate ? [] : ['size'])]),
      ...readMeta(trigger),
    },
  }
}

/** The resource of a URI: one of just that before any template. */
export function findResource(resources: readonly McpResource[], uri: unknown): McpResource | undefined {
  if (typeof uri !== 'string') return undefined
  const fitting = resources.filter((resource) => resource.uri.match(uri) !== undefined)
  return fitting.find((resource) => !resource.uri.isTemplate) ?? fitting[0]
}

/** Answers `resources/read`. @throws {RpcError} when there is no such resource. Rejects when the function fails. */
export async function readResource(
  resource: McpResource | undefined,
  params: UncheckedObject,
  invoker: FunctionInvoker,
  caller: McpCaller,
): Promise<object> {
  const uri = String(params.uri)
  if (resource === undefined) throw new RpcError(rpcCodes.invalidParams, `Unknown resource: '${params.uri}'`)
  const parameters = Object.entries(resource.uri.match(uri) ?? {})
  const invocation = {
    definition: resource.definition,
    subject: { uri },
    contextName: 'mcpresourcecontext',
    metadata: {
      mcpresourceuri: { string: uri },
      ...Object.fromEntries(parameters.map(([name, value]) => [name, { string: value }])),
    },
    reason: `MCP resource '${uri}' was read.`,
  }
  const value = await invokeMcpFunction(invoker, invocation, caller)
  return { contents: toContents(value, uri, resource.definition.trigger.mimeType) }
}

/** Text, bytes, or an envelope of the platform's own with ready contents (MCP extension: ResourceReturnValueBinder). */
function toContents(value: TypedData | undefined, uri: string, mimeType: unknown): readonly object[] {
  if (value === undefined) return []
  const base = { uri, ...(typeof mimeType === 'string' && { mimeType }) }
  if ('bytes' in value) return [{ ...base, blob: Buffer.from(value.bytes).toString('base64') }]
  if (!('string' in value)) {
    const [type = ''] = Object.keys(value)
    throw new Error(`Unsupported return type for resource read: ${type}. Expected string or bytes.`)
  }
  const ready = parseEnvelope(value.string)
  if (ready === undefined) return [{ ...base, text: value.string }]
  const given = Object.entries(ready).filter(([, member]) => member !== '' && member !== null)
  return [{ ...base, ...Object.fromEntries(given) }]
}

function parseEnvelope(text: string): UncheckedObject | undefined {
  const parsed: unknown = parseJson(text)
  const members = Object.entries(toObject(parsed))
  const [, content] = members.find(([name]) => name.toLowerCase() === 'content') ?? []
  const contents: unknown = typeof content === 'string' ? parseJson(content) : undefined
  return isObject(contents) ? contents : undefined
}
