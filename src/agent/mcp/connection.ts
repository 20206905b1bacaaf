import {
  type CallToolResult,
  Client,
  type Tool as McpTool,
  type PriorDiscovery,
  type Progress,
  type Transport,
} from '@modelcontextprotocol/client'
import { sleep } from '../../core/clock.js'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'
import { isOutcomeUnknown, isSessionGone, toConnectError, toListError } from './call-errors.js'

export interface McpConnectionOptions {
  /** The server's name, for messages. */
  readonly server: string
  /** Makes the way to the server; called again whenever the last one has closed. */
  readonly createTransport: () => Transport
  /** Longest silence of the server in answering one request; its progress reports count as signs of life. ms */
  readonly requestTimeoutMs: number
  /** Longest time of connecting. */
  readonly connectTimeoutMs: number
  /** Whether what the first connection found out about the server's protocol holds for the next one too, because it is the same program. */
  readonly keepsProtocol: boolean
}

/** One call of a tool. */
export interface McpCall {
  readonly tool: McpTool
  readonly args: JsonObject
  /** What stands beside the arguments, for the server (MCP, `_meta`). */
  readonly meta: JsonObject
  readonly signal: AbortSignal
  /** Told how far the server says that it has got. */
  readonly onProgress: (progress: Progress) => void
}

/** How long a server may be silent when asked for its protocol before it counts as one that does not know the question. */
const longestProbeMs = 15_000

/** How long to wait before each further try to reach a server. */
const reconnectDelaysMs = [300, 1_000]

/** The connection to one MCP server: made when it is first needed, and again when the server has died meanwhile. */
export class McpConnection {
  readonly #options: McpConnectionOptions
  #client: Promise<Client> | undefined
  #protocol: PriorDiscovery | undefined
  #openCalls = 0

  constructor(options: McpConnectionOptions) {
    this.#options = options
  }

  /** Whether nothing is being asked of the server. */
  get isIdle(): boolean {
    return this.#openCalls === 0
  }

  /**
   * The server's tools, all pages of them. A server that is just being started again is waited for.
   * @throws {AgentError} `tools_unavailable` when it cannot be reached for seconds, or lists what cannot be read; `invalid_configuration` when it must not be.
   */
  async listTools(signal: AbortSignal): Promise<readonly McpTool[]> {
    for (const delayMs of reconnectDelaysMs) {
      try {
        return await this.#listOnce(signal)
      } catch (error) {
        if (!(error instanceof AgentError && error.retryable)) throw error
      }
      await sleep(delayMs, signal)
    }
    return this.#listOnce(signal)
  }

  /**
   * Has the server run a tool.
   * @throws {AgentError} `outcome_unknown` when the connection broke or the server fell silent while the tool may have
   * been running; `tools_unavailable` when the server was never asked.
   */
  async callTool({ tool, args, meta, signal, onProgress }: McpCall): Promise<CallToolResult> {
    const { server, requestTimeoutMs } = this.#options
    const options = {
      signal,
      timeout: requestTimeoutMs,
      onprogress: onProgress,
      resetTimeoutOnProgress: true,
      toolDefinition: tool,
    }
    try {
      const params = { name: tool.name, arguments: { ...args }, _meta: { ...meta } }
      return await this.#ask((client) => client.callTool(params, options), signal)
    } catch (cause) {
      signal.throwIfAborted()
      if (!isOutcomeUnknown(cause)) throw cause
      throw new AgentError(
        'outcome_unknown',
        `The connection to MCP server "${server}" was lost while its tool "${tool.name}" ran (${toErrorMessage(cause)}).`,
        { cause, retryable: true },
      )
    }
  }

  /** Closes the connection, if there is one; what is still being asked fails. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await (await client?.catch(() => undefined))?.close()
  }

  async #listOnce(signal: AbortSignal): Promise<readonly McpTool[]> {
    const { server, requestTimeoutMs: timeout } = this.#options
    try {
      const { tools } = await this.#ask((client) => client.listTools(undefined, { signal, timeout }), signal)
      return tools
    } catch (cause) {
      signal.throwIfAborted()
      throw toListError(server, cause)
    }
  }

  async #ask<Answer>(question: (client: Client) => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    this.#openCalls += 1
    try {
      const client = await this.#connect(signal)
      try {
        return await question(client)
      } catch (error) {
        if (!isSessionGone(error)) throw error
        await this.#forget(client)
      }
      return await question(await this.#connect(signal))
    } finally {
      this.#openCalls -= 1
    }
  }

  async #connect(signal: AbortSignal): Promise<Client> {
    this.#client ??= this.#open()
    const client = this.#client
    try {
      return await client
    } catch (cause) {
      if (this.#client === client) this.#client = undefined
      this.#protocol = undefined
      signal.throwIfAborted()
      throw toConnectError(this.#options.server, cause)
    }
  }

  async #open(): Promise<Client> {
    const { createTransport, connectTimeoutMs: timeout, keepsProtocol } = this.#options
    const client = new Client(
      { name: 'durable-agent-functions', version: '1' },
      { versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(timeout, longestProbeMs) } } },
    )
    client.onclose = () => void this.#forget(client)
    await client.connect(createTransport(), { timeout, ...(this.#protocol && { prior: this.#protocol }) })
    if (keepsProtocol) this.#protocol = toPrior(client)
    return client
  }

  async #forget(client: Client): Promise<void> {
    const current = this.#client
    const connected = await current?.catch(() => undefined)
    if (connected === client && this.#client === current) this.#client = undefined
  }
}

function toPrior(client: Client): PriorDiscovery {
  const discover = client.getDiscoverResult()
  return discover === undefined ? { kind: 'legacy' } : { kind: 'modern', discover }
}
