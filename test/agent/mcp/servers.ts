import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server'
import { onTestFinished } from 'vitest'
import { findFreePort } from '../../support/free-port.js'

/** A program that is an MCP server on its stdio. */
export interface ServerProgram {
  readonly command: string
  readonly args: readonly string[]
}

/** The reference server that has a tool of every kind. */
export const everything: ServerProgram = {
  command: process.execPath,
  args: [toPath('@modelcontextprotocol/server-everything')],
}

/** The reference server that serves the files of one folder. */
export function serveFiles(folder: string): ServerProgram {
  return { command: process.execPath, args: [toPath('@modelcontextprotocol/server-filesystem'), folder] }
}

/** A server that notes each call of its tool `work` in a file, and dies in the middle of the first `deaths`. */
export function serveMortally(book: string): ServerProgram {
  const path = fileURLToPath(new URL('programs/mortal-server.js', import.meta.url))
  return { command: process.execPath, args: [path, book] }
}

/** Starts the reference server over streamable HTTP; gives its URL. It ends with the test. */
export async function startEverythingOverHttp(): Promise<string> {
  const port = await findFreePort()
  const server = spawn(everything.command, [...everything.args, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => {
    server.kill('SIGKILL')
  })
  let written = ''
  for await (const chunk of server.stderr) {
    written += chunk
    if (written.includes('listening on port')) return `http://127.0.0.1:${port}/mcp`
  }
  throw new Error(`The server did not start: ${written}`)
}

/** An HTTP server that ends with the test. */
export interface TestServer {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
}

/** Serves HTTP on a free port. */
export async function serveHttp(listener: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, requests }
}

/** Serves MCP over streamable HTTP, with whatever server the factory makes for a request. */
export function serveMcp(factory: McpServerFactory): Promise<TestServer> {
  const handler = createMcpHandler(factory)
  return serveHttp(async (incoming, outgoing) => {
    const body = ['GET', 'HEAD'].includes(incoming.method ?? '')
      ? {}
      : { body: Readable.toWeb(incoming), duplex: 'half' }
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    )
    const init = { method: incoming.method, headers, ...body } as RequestInit
    const response = await handler.fetch(new Request(`http://${incoming.headers.host}${incoming.url}`, init))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    if (response.body === null) outgoing.end()
    else Readable.fromWeb(response.body).pipe(outgoing)
  })
}

function toPath(name: string): string {
  return fileURLToPath(new URL(`../../../node_modules/${name}/dist/index.js`, import.meta.url))
}
