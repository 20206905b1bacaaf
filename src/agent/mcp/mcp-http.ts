import { checkCount } from '../../core/check-count.js'
import { checkFlag, checkOptions, type OptionNames } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { importPeer } from '../../core/import-peer.js'
import { parseServerUrl } from '../parse-server-url.js'
import { ConnectionPool, type McpHeaders, type McpRun } from './connection-pool.js'
import { limitAnswer, maxAnswerBytes } from './limit-answer.js'
import { createOutboundFetch } from './outbound-fetch.js'
import { type McpServerOptions, mcpClientPackage, mcpServerOptions } from './server-options.js'
import { createMcpToolSource, type McpToolSource } from './tool-source.js'

export interface McpHttpOptions extends McpServerOptions {
  /** The server's endpoint: http or https. */
  readonly url: string | URL
  /** Sent with every request; a function is asked for each run and each call, so tokens of tenants stay apart. @default none */
  readonly headers?: McpHeaders | ((run: McpRun) => McpHeaders | Promise<McpHeaders>) | undefined
  /** Whether the server may be on this machine or a private network. @default false */
  readonly allowPrivateNetwork?: boolean | undefined
  /** How many connections are kept, one for each set of headers in use. @default 32 */
  readonly maxConnections?: number | undefined
}

const mcpHttpOptions: OptionNames<McpHttpOptions> = {
  ...mcpServerOptions,
  url: true,
  headers: true,
  allowPrivateNetwork: true,
  maxConnections: true,
}

/**
 * The tools of an MCP server on the web, over streamable HTTP. Redirects are followed within the origin only.
 *
 * @example
 * await using learn = mcpHttp({ name: 'learn', url: 'https://learn.microsoft.com/api/mcp' })
 * const agent = new Agent({ name: 'Docs', client, tools: [learn] })
 * @throws {AgentError} `invalid_configuration` when the name or the URL cannot be used, or naming an option that there is not.
 */
export function mcpHttp(options: McpHttpOptions): McpToolSource {
  checkOptions('mcpHttp', options, mcpHttpOptions)
  const { name, headers = {}, allowPrivateNetwork = false } = options
  const { requestTimeoutMs = 60_000, connectTimeoutMs = 60_000 } = options
  checkFlag(`allowPrivateNetwork of MCP server "${name}"`, options.allowPrivateNetwork)
  checkCount(`maxConnections of MCP server "${name}"`, options.maxConnections)
  const url = parseUrl(name, options.url)
  const send = createOutboundFetch({ allowPrivateNetwork })
  const fetch = async (...request: Parameters<typeof send>) =>
    limitAnswer(await send(...request), () => createTooLongError(name))
  async function load() {
    const [{ McpConnection }, { HttpTransport }] = await Promise.all([
      import('./connection.js'),
      import('./http-transport.js'),
    ])
    return (resolved: McpHeaders) =>
      new McpConnection({
        server: name,
        createTransport: () => new HttpTransport(url, { fetch, requestInit: { headers: { ...resolved } } }),
        requestTimeoutMs,
        connectTimeoutMs,
        keepsProtocol: false,
      })
  }
  const connections = new ConnectionPool({
    headers,
    maxConnections: options.maxConnections ?? 32,
    load: () => importPeer('mcpHttp', mcpClientPackage, load),
  })
  return createMcpToolSource(options, connections)
}

function createTooLongError(name: string): AgentError {
  const message = `MCP server "${name}" has answered with more than ${maxAnswerBytes} bytes, which are not read.`
  return new AgentError('tools_unavailable', message)
}

function parseUrl(name: string, text: string | URL): URL {
  const url = parseServerUrl(text)
  if (url !== undefined) return url
  throw new AgentError(
    'invalid_configuration',
    `The URL of MCP server "${name}" must be an http or https URL without a user name; credentials go into headers.`,
  )
}
