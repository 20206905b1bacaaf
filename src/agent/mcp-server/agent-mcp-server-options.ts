import type { InvocationValues } from '../providers/provider-context.js'

export interface AgentMcpServerOptions {
  /** What the server calls itself. @default the agent's name */
  readonly name?: string | undefined
  /** @default '1.0.0' */
  readonly version?: string | undefined
  /** How to use the server, for the models of its clients. @default none */
  readonly instructions?: string | undefined
  /** What the tool that asks the agent is called. @default the agent's name */
  readonly toolName?: string | undefined
  /** When to use that tool. @default the agent's description */
  readonly toolDescription?: string | undefined
  /** Makes the values that the agent's tools may know of, from the HTTP request; it may refuse one by throwing. @default none */
  readonly context?:
    | ((request: Request | undefined) => InvocationValues | Promise<InvocationValues>)
    | undefined
  /** Host names under which the HTTP face may be called, which keeps web pages from calling a server on localhost. @default all */
  readonly allowedHosts?: readonly string[] | undefined
  /** Told of contents of answers that MCP clients do not get. @default a process warning */
  readonly onWarning?: ((warning: string) => void) | undefined
}

/** An agent as an MCP server of one tool. */
export interface AgentMcpServer {
  /** Streamable HTTP: answers one request. Whoever mounts it checks who is calling. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Serves on stdin and stdout, to which nothing else may write. Returns what ends that. */
  readonly serveStdio: () => { close(): Promise<void> }
  /** Ends what is being answered over HTTP. */
  close(): Promise<void>
}
