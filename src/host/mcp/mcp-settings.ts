import { isObject, toObject } from '../unchecked-object.js'

/** `extensions.mcp` of host.json with the platform's defaults. */
export interface McpSettings {
  /** @default 'Azure Functions MCP server' */
  readonly serverName: string
  /** @default '1.0.0' */
  readonly serverVersion: string
  /** Told to clients: how to use the server. */
  readonly instructions: string | undefined
  /** Whether session ids are protected against being made up. @default true */
  readonly encryptClientState: boolean
  /** Whether the legacy transport tells clients a whole URL for their messages. @default false */
  readonly useAbsoluteUriForEndpoint: boolean
}

/** Reads the parsed JSON; members of another type take their default. */
export function parseMcpSettings(value: unknown): McpSettings {
  const members = toObject(value)
  const { messageOptions: messages } = members
  const readText = (name: string) => (typeof members[name] === 'string' ? members[name] : undefined)
  return {
    serverName: readText('serverName') ?? 'Azure Functions MCP server',
    serverVersion: readText('serverVersion') ?? '1.0.0',
    instructions: readText('instructions'),
    encryptClientState: isYes(members.encryptClientState ?? true),
    useAbsoluteUriForEndpoint: isObject(messages) && isYes(messages.useAbsoluteUriForEndpoint),
  }
}

/** Settings that stand in for a boolean arrive as text. */
function isYes(value: unknown): boolean {
  return String(value).toLowerCase() === 'true'
}
