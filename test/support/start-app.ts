import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AgentApi } from './api.js'
import {
  type ChatCompletionsServer,
  type ChatCompletionsServerOptions,
  startChatCompletionsServer,
} from './chat-completions-server.js'
import { runFailingHost, type SpawnedHost, type SpawnHostOptions, spawnHost } from './spawn-host.js'

/** The folder with package.json, from the sources and from their compiled form alike. */
export const repository = resolve(
  import.meta.dirname,
  existsSync(join(import.meta.dirname, '../../package.json')) ? '../..' : '../../..',
)

/** An app on a host in a process of its own, and its callers' view of it. */
export interface RunningApp extends SpawnedHost {
  readonly api: AgentApi
}

export interface StartAppOptions extends Partial<SpawnHostOptions> {
  /** Where the app finds its model. @default none: the offline demo model */
  readonly model?: ChatCompletionsServer
  /** Which agent `api` calls. @default 'Assistant' */
  readonly agent?: string
}

// Neither the tester's shell nor local.settings.json may decide which model the app talks to. Placeholders count as not
// set, and unlike empty values they are not replaced by the file's.
const noModel = {
  OPENAI_API_KEY: '<none>',
  OPENAI_BASE_URL: '<none>',
  OPENAI_MODEL: '<none>',
  OPENAI_API: '<none>',
  AZURE_OPENAI_ENDPOINT: '<none>',
}

/** Everything that a test file starts; {@link TestBed.end} ends it all, whatever became of the tests. */
export class TestBed {
  readonly #ends: (() => Promise<unknown>)[] = []
  readonly #pids = new Set<number>()
  readonly #repairs = new Set<() => void>()
  /** When the tests' process ends without {@link TestBed.end}. */
  readonly #abandon = (): void => {
    for (const pid of this.#pids) killIfAlive(pid)
    for (const repair of this.#repairs) repair()
  }

  constructor() {
    process.once('exit', this.#abandon)
  }

  /** Starts an app on the embedded host. @default the agents of `test/fixtures/apps/e2e-agents` */
  async startApp({ agent, ...options }: StartAppOptions = {}): Promise<RunningApp> {
    const host = await spawnHost(toSpawnOptions(options))
    this.#pids.add(host.pid)
    this.#ends.push(async () => {
      await host.stop('SIGKILL')
      this.#pids.delete(host.pid)
    })
    return { ...host, api: new AgentApi(host.url, agent) }
  }

  /** Starts an app that is expected to end by itself. */
  failToStart(options: StartAppOptions): Promise<{ readonly code: number | null; readonly output: string }> {
    return runFailingHost(toSpawnOptions(options))
  }

  /** Starts a model server; its script may change from test to test, as the server runs in the test's process. */
  async startModel(options: ChatCompletionsServerOptions = {}): Promise<ChatCompletionsServer> {
    const server = await startChatCompletionsServer(options)
    this.#ends.push(() => server.close())
    return server
  }

  /** A folder of its own, removed at the end. */
  async createFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'e2e-'))
    this.#ends.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    return folder
  }

  /** Undoes something done to the machine: at the end, after all that is started later has ended, or when the process exits. */
  atEnd(repair: () => void): void {
    this.#repairs.add(repair)
    this.#ends.push(async () => {
      repair()
      this.#repairs.delete(repair)
    })
  }

  /** Ends everything, last started first. */
  async end(): Promise<void> {
    process.off('exit', this.#abandon)
    for (const end of this.#ends.splice(0).reverse()) await end()
  }
}

function toSpawnOptions({ model, env, ...options }: StartAppOptions): SpawnHostOptions {
  const entry = options.root === undefined ? { entry: 'test/fixtures/apps/e2e-agents/app.js' } : {}
  const modelEnv =
    model === undefined ? {} : { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'key-of-the-tests' }
  return { root: repository, ...entry, ...options, env: { ...noModel, ...modelEnv, ...env } }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
