import type { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { checkList, checkOptions, checkText, type OptionNames } from '../../core/check-options.js'
import { importPeer } from '../../core/import-peer.js'
import { ConnectionPool } from './connection-pool.js'
import { type McpServerOptions, mcpClientPackage, mcpServerOptions } from './server-options.js'
import { createMcpToolSource, type McpToolSource } from './tool-source.js'

export interface McpStdioOptions extends McpServerOptions {
  /** The program to start; no shell is involved. */
  readonly command: string
  /** @default none */
  readonly args?: readonly string[] | undefined
  /** Environment variables for the program, besides the harmless ones that it always gets (`PATH`, `HOME`, ...). @default none */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The folder that it runs in. @default this process's */
  readonly cwd?: string | undefined
  /** Whether what the program writes to stderr appears on ours. @default 'inherit' */
  readonly stderr?: 'inherit' | 'ignore' | undefined
}

const mcpStdioOptions: OptionNames<McpStdioOptions> = {
  ...mcpServerOptions,
  command: true,
  args: true,
  env: true,
  cwd: true,
  stderr: true,
}

/**
 * The tools of an MCP server that is a program on this machine. It is started when it is first needed, started again when it
 * has died, and ended with this process at the latest.
 *
 * @example
 * await using fs = mcpStdio({
 *   name: 'fs',
 *   command: 'npx',
 *   args: ['-y', '@modelcontextprotocol/server-filesystem', '/tmp'],
 * })
 * const agent = new Agent({ name: 'Files', client, tools: [fs] })
 * @throws {AgentError} `invalid_configuration` when the name, the command or its arguments cannot be used, or naming an option that there is not.
 */
export function mcpStdio(options: McpStdioOptions): McpToolSource {
  checkOptions('mcpStdio', options, mcpStdioOptions)
  const { name, command, args = [], env = {}, cwd, stderr = 'inherit' } = options
  const { requestTimeoutMs = 60_000, connectTimeoutMs = 60_000 } = options
  checkText(`command of MCP server "${name}"`, command)
  checkList(`args of MCP server "${name}"`, args)
  async function load() {
    const [{ McpConnection }, { StdioClientTransport }] = await Promise.all([
      import('./connection.js'),
      import('@modelcontextprotocol/client/stdio'),
    ])
    return () =>
      new McpConnection({
        server: name,
        createTransport: () =>
          endWithProcess(
            new StdioClientTransport({ command, args: [...args], env: { ...env }, cwd, stderr }),
          ),
        requestTimeoutMs,
        connectTimeoutMs,
        keepsProtocol: true,
      })
  }
  const connections = new ConnectionPool({
    headers: {},
    maxConnections: 1,
    load: () => importPeer('mcpStdio', mcpClientPackage, load),
  })
  return createMcpToolSource(options, connections)
}

const running = new Set<StdioClientTransport>()

/** Servers end by themselves when their input ends; those that do not are ended here. */
function endWithProcess(transport: StdioClientTransport): StdioClientTransport {
  if (running.size === 0) process.on('exit', endAll)
  running.add(transport)
  transport.onclose = () => {
    running.delete(transport)
    if (running.size === 0) process.off('exit', endAll)
  }
  return transport
}

function endAll(): void {
  for (const { pid } of running) if (pid !== null) process.kill(pid)
}
