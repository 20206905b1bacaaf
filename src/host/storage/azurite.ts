import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { AgentError } from '../../core/errors.js'
import { isListening } from './is-listening.js'
import type { EmulatorAddress, StorageService } from './storage-connection.js'

export interface AzuriteOptions {
  /** The app, in whose dependencies the package is looked for. */
  readonly root: string
  /** Folder for what the emulator keeps; made when absent. */
  readonly folder: string
  readonly service: StorageService
  readonly address: EmulatorAddress
}

/** One service of the storage emulator in a process of its own, which ends with this one. */
export interface Azurite {
  /** False when the process has ended by itself. */
  isRunning(): boolean
  /** Ends it after it has written what it keeps. Call it once: a second signal would interrupt that. */
  stop(): Promise<void>
}

/** The script of a service's own process. @throws {Error} when the app has no package `azurite`. */
export function findAzurite(root: string, service: StorageService): string {
  return createRequire(join(root, 'package.json')).resolve(`azurite/dist/src/${service}/main.js`)
}

/** How long the emulator may take until it listens. */
const startLimitMs = 30_000

/**
 * Starts one service of Azurite and waits until it listens, or until somebody else does at its address.
 * @throws {AgentError} `store_unavailable` with its output when it ends before that, or takes too long.
 */
export async function startAzurite({ root, folder, service, address }: AzuriteOptions): Promise<Azurite> {
  const flags = ['--silent', '--skipApiVersionCheck', '--disableTelemetry', '--location', folder]
  const place = [`--${service}Host`, address.host, `--${service}Port`, String(address.port)]
  // A process group of its own: Ctrl+C must not end the emulator before the host has finished with it.
  const child = spawn(process.execPath, [endWithParent, findAzurite(root, service), ...place, ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'close').then(() => void process.off('exit', kill))
  const failure = await waitUntilReady(child)
  // The port may have been taken in the meantime; then the other emulator serves as well.
  if (failure !== undefined && !(await isListening(address))) {
    kill()
    const message = `Azurite's ${service} service did not start at ${address.host}:${address.port}: ${failure}`
    throw new AgentError('store_unavailable', message)
  }
  return {
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(kill, 2_000)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Loaded into the emulator first: its input closes when this process is gone, however that happens. */
const endWithParent = `--import=data:text/javascript,${encodeURIComponent(`
  process.stdin.on('error', () => {}).on('close', () => {
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.exit(), 2_000).unref()
  }).resume().unref()
`)}`

/** Why it is not ready, or undefined when it is. */
function waitUntilReady(child: ChildProcess): Promise<string | undefined> {
  let output = ''
  return new Promise((resolve) => {
    const fail = (why: string): void => settle(`${why} ${output.trim().slice(-1000)}`)
    const timer = setTimeout(() => fail(`Nothing within ${startLimitMs} ms.`), startLimitMs)
    const settle = (answer: string | undefined): void => {
      clearTimeout(timer)
      resolve(answer)
    }
    const read = (chunk: Buffer): void => {
      output = `${output}${chunk}`.slice(-4000)
      if (/successfully listen/i.test(output)) settle(undefined)
    }
    // Read to the end: a pipe that is full would hold the emulator up.
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error) => fail(error.message))
    child.once('close', () => fail('It has ended.'))
  })
}
