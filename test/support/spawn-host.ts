import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { toLeanEnvironment } from '../../src/cli/lean-process.js'
import { copyAsModules, usesModules } from './app-modules.js'

export interface SpawnHostOptions {
  /** The app's folder; for samples the repository. */
  readonly root: string
  /** Entry below root instead of package.json's `main`. */
  readonly entry?: string
  /** @default 0, a free one */
  readonly port?: number
  /** Where durable state lives. @default a folder that is removed when the host ends */
  readonly dataDir?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** How long the host may take to become ready; ms. @default 20000, another host than ours 90000 */
  readonly readyWithinMs?: number
}

/** A host in a process of its own, which a test may kill. */
export interface SpawnedHost {
  /** The app's folder. */
  readonly root: string
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Everything that it wrote so far, stdout and stderr together. */
  output(): string
  /** Resolves when the output matches. @throws {Error} with the output when that takes too long. */
  waitForOutput(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>
  /** Sends a signal and waits for the end; gives the exit code, null after a signal's own end. @default 'SIGTERM' */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const repository = resolve(
  import.meta.dirname,
  existsSync(join(import.meta.dirname, '../../package.json')) ? '../..' : '../../..',
)
/** Another program stands in for the embedded host when a tester names one: test/conformance/README.md says how. */
const otherHost = process.env.HOST_PROGRAM
const cli = otherHost ?? join(repository, 'dist/src/cli/main.js')
const patienceMs = otherHost === undefined ? 20_000 : 90_000

/** Starts the compiled host on an app and waits until it answers. @throws {Error} with its output when it ends before that. */
export async function spawnHost(options: SpawnHostOptions): Promise<SpawnedHost> {
  const host = await launchHost(options)
  try {
    const [, url = ''] = await host.waitForOutput(
      /Host is ready at (\S+)/,
      options.readyWithinMs ?? patienceMs,
    )
    return { ...host, url, port: Number(new URL(url).port) }
  } catch (error) {
    await host.stop('SIGKILL')
    throw error
  }
}

/** Runs the host on an app that is expected not to start; gives its exit code and output. @throws {Error} when it starts. */
export async function runFailingHost(
  options: SpawnHostOptions,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const host = await launchHost(options)
  const started = host.waitForOutput(/Host is ready at \S+/, options.readyWithinMs ?? patienceMs).then(
    () => true,
    () => false,
  )
  if (await started) {
    await host.stop('SIGKILL')
    throw new Error(`The host started although it should not. Output:\n${host.output()}`)
  }
  return { code: await host.stop('SIGKILL'), output: host.output() }
}

async function launchHost(options: SpawnHostOptions): Promise<Omit<SpawnedHost, 'url' | 'port'>> {
  if (!existsSync(cli)) throw new Error(`${cli} is missing: run "npm run build" first.`)
  const ownDataDir = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'host-data-')) : undefined
  const root = usesModules ? await copyAsModules(options.root) : options.root
  const child = spawn(process.execPath, toArguments({ ...options, root }, ownDataDir), {
    stdio: ['ignore', 'pipe', 'pipe'],
    // So it need not replace itself, which takes longer.
    env: toLeanEnvironment({ ...process.env, NODE_OPTIONS: '', ...options.env }),
  })
  const output = collectOutput(child)
  const ended = once(child, 'close').then(async ([code]: (number | null)[]) => {
    if (root !== options.root) await rm(root, { recursive: true, force: true })
    if (ownDataDir !== undefined) await rm(ownDataDir, { recursive: true, force: true, maxRetries: 10 })
    return code ?? null
  })
  return {
    root,
    pid: child.pid ?? 0,
    output: output.text,
    waitForOutput: (pattern, withinMs) => output.waitFor(pattern, withinMs),
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}

function toArguments(options: SpawnHostOptions, ownDataDir: string | undefined): string[] {
  const { root, entry, port = 0, dataDir = ownDataDir ?? '', args = [] } = options
  const fixed = [cli, 'start', '--root', root, '--port', String(port), '--data', dataDir]
  return [...fixed, ...args, ...(entry === undefined ? [] : [entry])]
}

function collectOutput(child: ChildProcess) {
  let text = ''
  let isOver = false
  const watchers = new Set<() => void>()
  const notify = (): void => {
    for (const watcher of watchers) watcher()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      notify()
    })
  }
  child.once('close', () => {
    isOver = true
    notify()
  })
  return {
    text: () => text,
    waitFor(pattern: RegExp, withinMs = patienceMs): Promise<RegExpExecArray> {
      return new Promise((resolve, reject) => {
        const fail = (why: string): void =>
          settle(() => reject(new Error(`${why} ${pattern}. Output:\n${text}`)))
        const timer = setTimeout(() => fail(`No output within ${withinMs} ms that matches`), withinMs)
        const settle = (act: () => void): void => {
          clearTimeout(timer)
          watchers.delete(look)
          act()
        }
        const look = (): void => {
          const match = pattern.exec(text)
          if (match !== null) settle(() => resolve(match))
          else if (isOver) fail('The host ended without output that matches')
        }
        watchers.add(look)
        look()
      })
    },
  }
}
