import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createHttpClient } from './http-client.js'

/** A server in a process of its own, ready to be asked. */
export interface ServerProcess {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  readonly pid: number
  /** From being spawned to its first good answer. */
  readonly readyMs: number
  stop(): Promise<void>
  /** Ends it with `kill -9`. */
  kill(): Promise<void>
}

export interface HostOptions {
  /** Its data folder. @default one of its own */
  readonly data?: string
  /** File of this folder, compiled. @default 'app.js' */
  readonly app?: string
  /** Whether the app's tool takes its time. @default false */
  readonly slowTool?: boolean
}

export interface ModelOptions {
  /** Wait before each answer. @default 0 */
  readonly latencyMs?: number
}

const dist = resolve(import.meta.dirname, '../..')
const cli = join(dist, 'src/cli/main.js')
const readyWithinMs = 20_000
const stopWithinMs = 3_000

/** Starts the benchmark's servers, and ends those that still run when it is over, however it ends. */
export class Processes {
  readonly #folder = mkdtempSync(join(tmpdir(), 'durable-agents-bench-'))
  readonly #running = new Set<ChildProcess>()
  readonly #hostNodeOptions: readonly string[]
  readonly #onExit = () => this.#killAll()
  #count = 0

  /** `hostNodeOptions` go to the `node` that runs the embedded host, e.g. `--cpu-prof`. */
  constructor(hostNodeOptions: readonly string[] = []) {
    this.#hostNodeOptions = hostNodeOptions
    process.once('exit', this.#onExit)
  }

  /** The scripted model; its url ends with `/v1`. */
  async startModel({ latencyMs = 0 }: ModelOptions = {}): Promise<ServerProcess> {
    const port = await findFreePort()
    const script = join(dist, 'test/support/chat-completions-server-main.js')
    const args = [script, '--port', String(port), '--latency-ms', String(latencyMs)]
    const started = await this.#start('model', { args, env: {}, health: `http://127.0.0.1:${port}/stats` })
    return { ...started, url: `http://127.0.0.1:${port}/v1` }
  }

  /** The plain server that we are measured beside. */
  async startPlain(modelUrl: string): Promise<ServerProcess> {
    const port = await findFreePort()
    const args = [join(dist, 'test/bench/plain-server.js')]
    const env = { BENCH_MODEL_URL: modelUrl, PORT: String(port) }
    const url = `http://127.0.0.1:${port}`
    return { ...(await this.#start('plain', { args, env, health: `${url}/health` })), url }
  }

  /** The embedded host with the benchmark's app, on a data folder of its own. */
  async startHost(modelUrl: string, options: HostOptions = {}): Promise<ServerProcess> {
    const port = await findFreePort()
    const { data = this.createDataFolder(), slowTool = false, app = 'app.js' } = options
    const verb = [cli, 'start', join(dist, 'test/bench', app)]
    const flags = ['--root', resolve(dist, '..'), '--port', String(port), '--data', data]
    const args = [...this.#hostNodeOptions, ...verb, ...flags]
    const url = `http://127.0.0.1:${port}/api`
    const env = { BENCH_MODEL_URL: modelUrl, ...(slowTool ? { BENCH_SLOW_TOOL: 'yes' } : {}) }
    return { ...(await this.#start('host', { args, env, health: `${url}/health` })), url }
  }

  /** A folder for a host's data that no other host has; removed at the end. */
  createDataFolder(): string {
    return mkdtempSync(join(this.#folder, 'data-'))
  }

  /** Ends what runs and removes what was written. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((child) => stopChild(child)))
    this.#killAll()
    process.removeListener('exit', this.#onExit)
  }

  async #start(
    name: string,
    server: {
      readonly args: readonly string[]
      readonly env: Record<string, string>
      readonly health: string
    },
  ): Promise<Omit<ServerProcess, 'url'>> {
    this.#count += 1
    const logPath = join(this.#folder, `${name}-${this.#count}.log`)
    const log = openSync(logPath, 'w')
    const startedAt = performance.now()
    const env = { ...process.env, NODE_OPTIONS: '', ...server.env }
    const child = spawn(process.execPath, server.args, { stdio: ['ignore', log, log], env })
    closeSync(log)
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    await waitUntilHealthy(server.health, child, () => `${name}: ${readFileSync(logPath, 'utf8')}`)
    const readyMs = performance.now() - startedAt
    return {
      pid: child.pid ?? 0,
      readyMs,
      stop: () => stopChild(child),
      kill: () => stopChild(child, 'SIGKILL'),
    }
  }

  #killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function waitUntilHealthy(url: string, child: ChildProcess, describe: () => string): Promise<void> {
  const client = createHttpClient()
  const deadline = performance.now() + readyWithinMs
  try {
    while (!(await isHealthy(client.get(url)))) {
      if (child.exitCode !== null) throw new Error(`A server ended before it was ready. ${describe()}`)
      if (performance.now() > deadline) throw new Error(`A server did not become ready. ${describe()}`)
      await delay(2)
    }
  } finally {
    client.close()
  }
}

function isHealthy(answer: Promise<{ readonly status: number }>): Promise<boolean> {
  return answer.then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const limit = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await ended
  clearTimeout(limit)
}

/** Servers are given a port instead of choosing one, so that readiness is seen from outside alone. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No free port was found.')
  return address.port
}
