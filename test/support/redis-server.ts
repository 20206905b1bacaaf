import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'redis'
import { findFreePort } from './free-port.js'

/** A Redis server in a process of its own, which keeps nothing on disk. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/** Whether a server can be started here. */
export function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

/** Starts a server and waits until it answers. @throws {Error} with its output when it does not. */
export async function startRedisServer({
  port,
  args = [],
}: {
  readonly port?: number | undefined
  readonly args?: readonly string[]
} = {}): Promise<RedisServer> {
  const chosen = port ?? (await findFreePort())
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const settings = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...args]
  const child = spawn('redis-server', ['--port', String(chosen), ...settings])
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'close')
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      if (/Ready to accept connections/.test(output)) resolve()
    })
    child.on('error', reject)
    ended.then(() => reject(new Error(`redis-server ended: ${output}`)), reject)
  })
  return {
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    async stop() {
      process.off('exit', kill)
      kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a cluster of one node, which refuses what a larger one would: scripts whose keys lie on several nodes. */
export async function startRedisCluster(): Promise<RedisServer> {
  const server = await startRedisServer({ args: ['--cluster-enabled', 'yes'] })
  const client = await createClient({ url: server.url }).connect()
  await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
  while (!String(await client.sendCommand(['CLUSTER', 'INFO'])).includes('cluster_state:ok')) await delay(10)
  client.destroy()
  return server
}
