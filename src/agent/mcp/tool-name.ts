import { hash } from 'node:crypto'
import { AgentError } from '../../core/errors.js'

/** Longest tool name that model providers take. */
const longestName = 64

/**
 * The names under which a model knows a server's tools, by the server's own names: `fs_read_file`. Characters that
 * providers refuse become `_`. A name that is too long, or like another one by then, ends in a digest of its own name,
 * so it stays the same whatever else the server lists.
 */
export function toToolNames(server: string, tools: readonly string[]): ReadonlyMap<string, string> {
  const plain = new Map(tools.map((tool) => [tool, `${server}_${tool}`.replaceAll(/[^A-Za-z0-9_-]/g, '_')]))
  const names = [...plain.values()]
  return new Map(
    [...plain].map(([tool, name]) => {
      const isExact = name === `${server}_${tool}`
      const isTaken = !isExact && names.indexOf(name) !== names.lastIndexOf(name)
      return [tool, isTaken || name.length > longestName ? withDigest(name, tool) : name]
    }),
  )
}

function withDigest(name: string, tool: string): string {
  const digest = hash('sha256', tool).slice(0, 8)
  return `${name.slice(0, longestName - digest.length - 1)}_${digest}`
}

/** Refuses names of servers that cannot stand before a tool's. @throws {AgentError} `invalid_configuration`. */
export function checkServerName(name: string): void {
  if (/^[A-Za-z0-9-]{1,32}$/.test(name)) return
  throw new AgentError(
    'invalid_configuration',
    `MCP server name "${name}" must be 1-32 letters, digits or "-": its tools are named after it.`,
  )
}
