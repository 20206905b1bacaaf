import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The listener that the durable client library calls; only this machine can reach it. */
export interface RpcListener {
  /** Ends in `/`, as the library resolves its paths against it. */
  readonly baseUrl: string
  close(): Promise<void>
}

/** Answers one request. Never rejects. */
export type RpcHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Listens on a free loopback port. @throws {Error} when the system refuses. */
export async function createRpcListener(handle: RpcHandler): Promise<RpcListener> {
  // The library leaves its connections open between calls; a caller waits as long as the disk needs.
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    response.sendDate = false
    void handle(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  // The host's own port keeps the process alive; after a failed start nothing else should.
  server.unref()
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/durabletask/`,
    close: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
