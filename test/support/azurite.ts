import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.js'

/** The account and key that Azurite and every tool for it know. */
export const azuriteAccount = 'devstoreaccount1'
const azuriteKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** The emulated blob service in a process of its own, which keeps everything in memory. */
export interface Azurite {
  readonly port: number
  readonly connectionString: string
  stop(): Promise<void>
}

/** The connection string of an emulated account behind a port of this machine. */
export function toConnectionString(port: number, key = azuriteKey): string {
  const endpoint = `http://127.0.0.1:${port}/${azuriteAccount}`
  return `DefaultEndpointsProtocol=http;AccountName=${azuriteAccount};AccountKey=${key};BlobEndpoint=${endpoint};`
}

/** The connection string of an emulated account whose services listen at ports of this machine. */
export function toStorageConnectionString({
  blobPort,
  queuePort,
}: {
  readonly blobPort?: number
  readonly queuePort?: number
}): string {
  const toEndpoint = (service: string, port: number | undefined): string =>
    port === undefined ? '' : `${service}Endpoint=http://127.0.0.1:${port}/${azuriteAccount};`
  const account = `DefaultEndpointsProtocol=http;AccountName=${azuriteAccount};AccountKey=${azuriteKey};`
  return `${account}${toEndpoint('Blob', blobPort)}${toEndpoint('Queue', queuePort)}`
}

/** Starts Azurite's blob service on a free port and waits until it answers. @throws {Error} with its output when it does not. */
export async function startAzurite(): Promise<Azurite> {
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js')
  const port = await findFreePort()
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'))
  const settings = ['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent']
  const args = [main, '--blobPort', String(port), '--blobHost', '127.0.0.1', ...settings]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'close')
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk
      if (/successfully listen/i.test(output)) resolve()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    ended.then(() => reject(new Error(`Azurite ended: ${output}`)))
  })
  await ready
  return {
    port,
    connectionString: toConnectionString(port),
    async stop() {
      process.off('exit', kill)
      kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
