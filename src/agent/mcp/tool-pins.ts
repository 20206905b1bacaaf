import { hash } from 'node:crypto'
import type { Tool as McpTool } from '@modelcontextprotocol/client'
import { isJsonObject, toCanonicalJson } from '../../core/json.js'
import type { ProviderState } from '../providers/provider-context.js'

/** What becomes of a tool whose definition is no longer the one that a session began with. */
export type ChangedToolPolicy = 'refuse' | 'allow'

/**
 * Notes in a session's state which definitions it was shown first, and gives the names of the tools whose definition has
 * changed since.
 * Security: a server can win trust with a harmless description and change it later; what a model was told of a tool, and
 * a human agreed to, holds for the whole session.
 */
export function findChangedTools(
  state: ProviderState,
  tools: readonly McpTool[],
  policy: ChangedToolPolicy,
): ReadonlySet<string> {
  // No object: one keeps nothing under a name such as "__proto__".
  const pins = new Map(isJsonObject(state.pins) ? Object.entries(state.pins) : [])
  const changed = new Set<string>()
  for (const tool of tools) {
    const digest = toDigest(tool)
    const pinned = pins.get(tool.name)
    if (policy === 'allow' || pinned === undefined) pins.set(tool.name, digest)
    else if (pinned !== digest) changed.add(tool.name)
  }
  state.pins = Object.fromEntries(pins)
  return changed
}

/** Of all that a model or a policy goes by. Short, as a session may hold a hundred. */
function toDigest({ name, title, description, inputSchema, outputSchema, annotations }: McpTool): string {
  const definition = { name, title, description, inputSchema, outputSchema, annotations }
  return hash('sha256', toCanonicalJson(definition), 'base64url').slice(0, 12)
}
