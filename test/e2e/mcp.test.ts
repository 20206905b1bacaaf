import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { waitFor } from '../support/run-scene.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('an MCP server ends with its host, however that ends, and the next host starts another', async () => {
  const dataDir = await bed.createFolder()
  const book = join(dataDir, 'book')
  const server = resolve(import.meta.dirname, '../agent/mcp/programs/mortal-server.js')
  const entry = 'test/fixtures/apps/e2e-mcp/app.js'
  const start = (manner: 'obedient' | 'stubborn') => {
    const env = { E2E_MCP_SERVER: server, E2E_MCP_BOOK: book, E2E_MCP_MANNER: manner }
    return bed.startApp({ entry, dataDir, agent: 'Worker', env })
  }
  const readCalls = async () => (await readFile(book, 'utf8').catch(() => '')).split('\n').filter(Boolean)

  const first = await start('obedient')
  const request = { message: 'Work', sessionId: 's' }
  const cutOff = expect(first.api.run(request, { 'Idempotency-Key': 'r' })).rejects.toThrow()
  const [call = ''] = await waitFor(async () => {
    const calls = await readCalls()
    return calls.length === 0 ? undefined : calls
  })
  const [pid, key] = call.split(' ')
  await first.stop('SIGKILL')
  await cutOff
  await waitFor(async () => (isAlive(Number(pid)) ? undefined : true))

  const second = await start('stubborn')
  const outcome = await waitFor(async () => {
    const { status, body } = await second.api.outcome('s', 'r')
    return status === 200 ? body : undefined
  }, 20_000)
  expect(outcome).toMatchObject({ status: 'success', response: 'Done.' })
  const [, again = ''] = await readCalls()
  expect(again.split(' ')[1]).toBe(key)
  await second.stop()
  await waitFor(async () => (isAlive(Number(again.split(' ')[0])) ? undefined : true))
})
