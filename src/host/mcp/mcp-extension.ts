import { AgentError, toErrorMessage } from '../../core/errors.js'
import { hasType } from '../has-type.js'
import type { ExtensionLog, HostExtension } from '../host-extension.js'
import { writeEmpty } from '../http/write-response.js'
import { createLegacyEndpoint, type LegacyEndpoint } from './legacy-endpoint.js'
import { createMcpEndpoint, type McpEndpoint } from './mcp-endpoint.js'
import { parseMcpPrompt } from './mcp-prompts.js'
import { parseMcpResource } from './mcp-resources.js'
import { createMcpServer } from './mcp-server.js'
import { createMcpSessions } from './mcp-sessions.js'
import { parseMcpSettings } from './mcp-settings.js'
import { parseMcpTool } from './mcp-tools.js'

export interface McpExtensionOptions {
  /** Parsed `extensions.mcp` of host.json. */
  readonly settings: unknown
  /** Base URL of the host, without a slash at its end. */
  readonly baseUrl: string
  /** The key that session ids are made with; asked for once, when the app has MCP functions. */
  readonly readKey: () => string
  readonly log: ExtensionLog
}

const types = { tool: 'mcpToolTrigger', resource: 'mcpResourceTrigger', prompt: 'mcpPromptTrigger' } as const

/** MCP triggers: serves an app's tools, resources and prompts at `/runtime/webhooks/mcp`. */
export function createMcpExtension({ settings, baseUrl, readKey, log }: McpExtensionOptions): HostExtension {
  const parsed = parseMcpSettings(settings)
  const owners = new Map<string, string>()
  let endpoint: McpEndpoint | undefined
  let legacy: LegacyEndpoint | undefined

  /** @throws {AgentError} when another function has the name. */
  function claim(kind: string, name: string, owner: string): void {
    const key = `${kind} ${name.toLowerCase()}`
    if ((owners.get(key) ?? owner) !== owner) {
      throw new AgentError('invalid_configuration', `${kind} '${name}' is already registered.`)
    }
    owners.set(key, owner)
  }

  return {
    name: 'mcp',
    triggerTypes: Object.values(types),
    check: (definition) => {
      const { name, trigger } = definition
      if (hasType(trigger, types.tool)) claim('Tool with name', parseMcpTool(definition).name, name)
      if (hasType(trigger, types.prompt)) claim('Prompt with name', parseMcpPrompt(definition).name, name)
      if (hasType(trigger, types.resource)) {
        // Templates that differ in the names of their parameters alone take the same URIs.
        const { text } = parseMcpResource(definition).uri
        claim('Resource with URI', text.replace(/\{[^{}]+\}/g, '{_}'), name)
      }
    },
    start: async (functions, invoker) => {
      const tools = functions.filter(({ trigger }) => hasType(trigger, types.tool)).map(parseMcpTool)
      const resources = functions
        .filter(({ trigger }) => hasType(trigger, types.resource))
        .map(parseMcpResource)
      const prompts = functions.filter(({ trigger }) => hasType(trigger, types.prompt)).map(parseMcpPrompt)
      if (tools.length + resources.length + prompts.length === 0) return
      const server = createMcpServer({ settings: parsed, tools, resources, prompts, invoker })
      const sessions = createMcpSessions(parsed.encryptClientState ? readKey() : undefined)
      const onError = (error: unknown): void =>
        log('error', `An MCP request failed: ${toErrorMessage(error)}`)
      endpoint = createMcpEndpoint({ server, sessions, onError })
      legacy = createLegacyEndpoint({ server, sessions, onError, settings: parsed })
      log('information', `MCP server endpoint: ${baseUrl}/runtime/webhooks/mcp`)
      log('information', `MCP server legacy SSE endpoint: ${baseUrl}/runtime/webhooks/mcp/sse`)
    },
    stop: async () => legacy?.close(),
    handle: async (request, response, path) => {
      const rest = path.replace(/\/+$/, '').toLowerCase()
      if (rest === '' && endpoint !== undefined) await endpoint(request, response)
      else if (rest === 'sse' && legacy !== undefined) legacy.listen(request, response)
      else if (rest === 'message' && legacy !== undefined) await legacy.receive(request, response)
      else writeEmpty(response, 404)
    },
  }
}
