import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { readLibraryServer } from '../../../src/host/loading/library-server.js'
import type { ProgrammingModel } from '../../../src/host/loading/programming-model.js'

/** As the library does it. */
async function getCapabilities() {
  const server = http.createServer()
  server.on('request', (_request, response) => void response.emit('answered'))
  server.on('close', () => expect.unreachable('The library writes to the log.'))
  await once(server.listen(), 'listening')
  return { HttpUri: `http://localhost:${(server.address() as AddressInfo).port}/` }
}

test("the library's server takes requests that are handed to it, and none from the network", async () => {
  const server = await readLibraryServer({ getCapabilities } as unknown as ProgrammingModel, {})
  expect(server?.listening).toBe(false)
  let answers = 0
  server?.emit('request', {}, { emit: () => (answers += 1) })
  expect(answers).toBe(1)
})
