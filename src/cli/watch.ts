import { type ChildProcess, spawn } from 'node:child_process'
import { toLeanEnvironment } from './lean-process.js'
import { type ReadyMessage, restartCode, toSupervisedEnvironment } from './supervisor.js'
import { watchFiles } from './watch-files.js'

/** How long a host may take to finish what it does before it is started anew. */
const restartGraceMs = 3_000

export interface WatchOptions {
  /** The arguments of the `start` verb. */
  readonly args: readonly string[]
  readonly root: string
  /** Absolute path; changes in it do not count. */
  readonly dataDir: string
}

/** Runs the host in a process of its own, and another one in its place when files of the app change, until a signal ends both. */
export function watch({ args, root, dataDir }: WatchOptions): void {
  const host = new WatchedHost(args.filter((arg) => arg !== '--watch'))
  watchFiles({ root, except: dataDir, onChange: () => host.restart() })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => host.stop(signal))
  host.start()
}

/** One host after another, each in a process of its own. */
class WatchedHost {
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  /** Once known, every further process takes the same. */
  #port: number | undefined
  /** What follows when the process has ended. */
  #next: 'wait' | 'start' | 'exit' = 'wait'

  constructor(args: readonly string[]) {
    this.#args = args
  }

  start(): void {
    this.#next = 'wait'
    const port = this.#port === undefined ? [] : ['--port', String(this.#port)]
    const [, main = ''] = process.argv
    // A process group of its own: Ctrl+C reaches this process alone, which passes it on, once.
    const child = spawn(process.execPath, [...process.execArgv, main, 'start', ...this.#args, ...port], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      detached: true,
      env: toLeanEnvironment(toSupervisedEnvironment(process.env)),
    })
    child.on('message', (message: ReadyMessage) => {
      this.#port = message.readyAtPort
    })
    child.once('exit', (code) => this.#onExit(code))
    this.#child = child
  }

  /** Starts a new process when the one that runs has finished what it does. */
  restart(): void {
    if (this.#next !== 'wait') return
    print('Files of the app have changed: starting anew.')
    if (this.#child === undefined) this.start()
    else this.#replace(this.#child)
  }

  /** Ends everything; a second signal does so at once. */
  stop(signal: NodeJS.Signals): void {
    this.#next = 'exit'
    if (this.#child === undefined) process.exit(0)
    this.#child.kill(signal)
  }

  #replace(child: ChildProcess): void {
    this.#next = 'start'
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), restartGraceMs)
    child.once('exit', () => clearTimeout(timer))
  }

  #onExit(code: number | null): void {
    this.#child = undefined
    if (this.#next === 'exit') process.exit(code ?? 1)
    if (this.#next === 'start' || code === restartCode) this.start()
    else
      print(
        `The host has ended${code === null ? '' : ` with code ${code}`}. It starts anew when files of the app change.`,
      )
  }
}

function print(message: string): void {
  process.stdout.write(`${message}\n`)
}
