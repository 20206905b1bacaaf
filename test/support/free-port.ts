import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to connections, and to servers that take any: nobody gets one of these by chance. */
const lowest = 20_000
const highest = 32_000

/** A port of this machine that was free a moment ago, and is likely to stay so. */
export async function findFreePort(): Promise<number> {
  while (true) {
    const port = randomInt(lowest, highest)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
