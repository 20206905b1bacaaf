import http, { type Server } from 'node:http'
import { AgentError } from '../../core/errors.js'
import type { ProgrammingModel } from './programming-model.js'

/**
 * Reads the library's capabilities, for which it starts a server of its own when the app streams HTTP, and gives that
 * server; undefined when the app does not stream (Functions worker: capability HttpUri).
 *
 * The library tells only the server's address. As it runs in this very process, requests can be handed to the server
 * itself, which saves a connection and its parsing at both ends.
 * Security: it listens on all addresses of the machine, whatever this host listens on, so its port is closed at once.
 * @throws {AgentError} `invalid_configuration` when the library names a server that it did not make here.
 */
export async function readLibraryServer(
  model: ProgrammingModel,
  defaults: Record<string, string>,
): Promise<Server | undefined> {
  const made: Server[] = []
  const { createServer } = http
  // The library calls `createServer` as a member of the module, so it is enough to replace that for a moment.
  http.createServer = ((...args: Parameters<typeof createServer>) => {
    const server = createServer(...args)
    made.push(server)
    return server
  }) as typeof createServer
  try {
    const { HttpUri: uri } = await model.getCapabilities(defaults)
    // Without the library's own listener, which would write a line about it to the log.
    return uri === undefined ? undefined : findServer(made, uri).removeAllListeners('close').close()
  } finally {
    http.createServer = createServer
  }
}

function findServer(servers: readonly Server[], uri: string): Server {
  const { port } = new URL(uri)
  const found = servers.find((server) => readPort(server) === port)
  if (found !== undefined) return found
  const message = `@azure/functions streams HTTP through ${uri}, which is not a server of this process: this host needs version 4 of the library.`
  throw new AgentError('invalid_configuration', message)
}

function readPort(server: Server): string | undefined {
  const address = server.address()
  return address === null || typeof address === 'string' ? undefined : String(address.port)
}
