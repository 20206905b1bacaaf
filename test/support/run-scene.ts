import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentApi } from './api.js'
import type { ChatCompletionsServer, ChatCompletionsServerOptions } from './chat-completions-server.js'
import { type Effect, readEffects } from './effects.js'
import { ScriptBook } from './script-book.js'
import { isLocked, withDatabase } from './sqlite-files.js'
import type { RunningApp, StartAppOptions, TestBed } from './start-app.js'

export interface RunSceneOptions {
  /** @default the agents of `test/fixtures/apps/e2e-runs` */
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly model?: Omit<ChatCompletionsServerOptions, 'script'>
  /** Where the hosts keep their data. @default a folder of its own */
  readonly dataDir?: string
  /** How many hosts share the data. @default 1 */
  readonly hosts?: number
}

/** An app's agents on data that outlives their hosts, with a model that does as its book says. */
export class RunScene {
  readonly book: ScriptBook
  readonly model: ChatCompletionsServer
  readonly dataDir: string
  readonly #bed: TestBed
  readonly #options: RunSceneOptions
  #hosts: readonly RunningApp[] = []

  private constructor(
    bed: TestBed,
    options: RunSceneOptions,
    parts: Pick<RunScene, 'book' | 'model' | 'dataDir'>,
  ) {
    this.#bed = bed
    this.#options = options
    this.book = parts.book
    this.model = parts.model
    this.dataDir = parts.dataDir
  }

  static async set(bed: TestBed, options: RunSceneOptions = {}): Promise<RunScene> {
    const book = new ScriptBook()
    const model = await bed.startModel({ ...options.model, script: book.rule })
    const dataDir = options.dataDir ?? (await bed.createFolder())
    const scene = new RunScene(bed, options, { book, model, dataDir })
    const count = options.hosts ?? 1
    scene.#hosts = await Promise.all(Array.from({ length: count }, () => scene.startHost()))
    return scene
  }

  get hosts(): readonly RunningApp[] {
    return this.#hosts
  }

  /** The host; the first when there are more. */
  get host(): RunningApp {
    const [host] = this.#hosts
    if (host === undefined) throw new Error('There is no host.')
    return host
  }

  get api(): AgentApi {
    return this.host.api
  }

  /** The routes of another agent. */
  agent(name: string): AgentApi {
    return new AgentApi(this.host.url, name)
  }

  /** Another host on the same data, beside those there are. */
  startHost(port?: number): Promise<RunningApp> {
    return this.#bed.startApp({ ...this.#toStartOptions(), ...(port === undefined ? {} : { port }) })
  }

  #toStartOptions(): StartAppOptions {
    const { entry = 'test/fixtures/apps/e2e-runs/app.js', env = {}, args = [] } = this.#options
    return {
      entry,
      model: this.model,
      dataDir: this.dataDir,
      args,
      env: { E2E_SCENE: this.dataDir, ...env },
    }
  }

  /** Ends the hosts, by default with `kill -9`, lets `meanwhile` happen, and starts one on the same data and port. */
  async restart(
    meanwhile: () => unknown = () => {},
    signal: NodeJS.Signals = 'SIGKILL',
  ): Promise<RunningApp> {
    const { port } = this.host
    await Promise.all(this.#hosts.map((host) => host.stop(signal)))
    await meanwhile()
    const host = await this.startHost(port)
    this.#hosts = [host]
    return host
  }

  /** Stops a host's process with SIGSTOP, not in the middle of a write, which would keep the others waiting for it. */
  async freeze(host: RunningApp): Promise<void> {
    while (true) {
      process.kill(host.pid, 'SIGSTOP')
      const isWriting = [this.file(), this.file('DurableAgents.taskhub.db')].some(isLocked)
      if (!isWriting) return
      process.kill(host.pid, 'SIGCONT')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  effects(): Promise<readonly Effect[]> {
    return readEffects(join(this.dataDir, 'effects.log'))
  }

  /** The traces of one piece of work, as `what tool attempt`. */
  async effectsOf(id: string): Promise<readonly string[]> {
    const effects = await this.effects()
    return effects.filter((one) => one.id === id).map((one) => `${one.what} ${one.tool} ${one.attempt}`)
  }

  /** Resolves when a tool has begun to work on that. */
  async waitForWork(id: string): Promise<Effect> {
    return waitFor(async () => (await this.effects()).find((one) => one.id === id && one.what === 'start'))
  }

  /** Lets the tool executions go on that wait at a gate. */
  async openGate(name: string): Promise<void> {
    await writeFile(join(this.dataDir, `${name}.gate`), '')
  }

  /** Opens a gate by renaming an open one, which takes no room on a disk. */
  async moveGate(from: string, to: string): Promise<void> {
    await rename(join(this.dataDir, `${from}.gate`), join(this.dataDir, `${to}.gate`))
  }

  /** Starts a host on the data that is expected to end by itself. */
  failToStart(): Promise<{ readonly code: number | null; readonly output: string }> {
    return this.#bed.failToStart(this.#toStartOptions())
  }

  /** How many wishes of a kind are filed about a session's runs. */
  countControls(kind: 'cancel' | 'decision' | 'steer', session: string): number {
    const query =
      'SELECT count(*) AS n FROM controls c JOIN runs r ON c.run = r.id WHERE session = ? AND c.id LIKE ?'
    return withDatabase(this.file(), (database) =>
      Number(database.prepare(query).get(session, `${kind}%`)?.n),
    )
  }

  /** Runs the watchdog now instead of at the next full minute; resolves when it was begun. */
  async runWatchdog(): Promise<void> {
    const { status } = await fetch(`${this.host.url}/admin/functions/dafx-watchdog`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"input":""}',
    })
    if (status !== 202) throw new Error(`The watchdog was not begun: ${status}.`)
  }

  /** The file of the run log; the task hub's is `file('DurableAgents.taskhub.db')`. */
  file(name = 'runs.db'): string {
    const path = join(this.dataDir, name)
    if (!existsSync(path)) throw new Error(`There is no ${path}.`)
    return path
  }
}

/** Resolves with the first value that is not `undefined`. @throws {Error} when there is none in time. */
export async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  // Less and less often: a look at another process costs both of them.
  for (let pauseMs = 5; performance.now() < deadline; pauseMs = Math.min(1.5 * pauseMs, 50)) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  throw new Error(`It did not come within ${withinMs} ms: ${look}`)
}
