import { join, resolve } from 'node:path'
import { chatPageFunction } from '../core/chat-page-function.js'
import { AppKeys } from '../host/keys/app-keys.js'
import { type RunningHost, startHost } from '../host/start-host.js'
import { createExtensions } from './extensions.js'
import { followNpm } from './follow-npm.js'
import { resolveEntry } from './resolve-entry.js'
import { parseStartArgs, type StartArgs } from './start-args.js'
import { findSupervisor, type Supervisor } from './supervisor.js'
import { watch } from './watch.js'

/** How long a stop may take before what still runs is cut off. */
const stopGraceMs = 10_000
/** The same when the process is restarted, e.g. because a function took too long: on Azure everything is cut off at once. */
const restartGraceMs = 100
/** A stop that takes longer than this says what it waits for. */
const silentStopMs = 500

/**
 * The `start` verb: runs an app on the embedded host until SIGINT or SIGTERM; a second signal ends it at once.
 * @throws {AgentError} for wrong arguments, and as `startHost`.
 */
export async function start(args: readonly string[]): Promise<void> {
  const options = parseStartArgs(args)
  outliveOutput()
  // A host that is watched over hears it from the process that does so.
  if (!process.connected) followNpm(() => process.kill(process.pid, 'SIGTERM'))
  const { root, main } = resolveEntry(options.root, options.entry)
  const dataDir = resolve(root, options.data ?? '.data')
  if (options.watch) watch({ args, root, dataDir })
  else await serve({ options, root, main, dataDir })
}

/** Whoever reads the output may end before the host does (`| tee`, `| head`), or its disk be full: those lines are lost, and nothing else. */
function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

interface ServeOptions {
  readonly options: StartArgs
  readonly root: string
  readonly main: string | undefined
  readonly dataDir: string
}

async function serve({ options, root, main, dataDir }: ServeOptions): Promise<void> {
  const { enableAuth, leaseMs } = options
  const keys = new AppKeys(join(dataDir, 'secrets'))
  const supervisor = findSupervisor()
  const starting = startHost({
    root,
    main,
    port: options.port,
    address: options.address,
    cors: options.cors,
    corsCredentials: options.corsCredentials,
    streamIdleLimitMs: options.streamIdleMs,
    settings: { FUNCTIONS_EMBEDDED_DATA_DIR: dataDir },
    keys: enableAuth ? keys : undefined,
    extensions: (context) => createExtensions(context, { dataDir, leaseMs, keys, enableAuth }),
    restart: supervisor && (() => void restart(starting, supervisor)),
    describe: (findUrl) => toChatLines(findUrl(chatPageFunction)),
  })
  const host = await starting
  const stop = stopOnSignal(host)
  supervisor?.attach({ port: host.port, onGone: () => stop('SIGTERM') })
}

function toChatLines(url: string | undefined): readonly string[] {
  return url === undefined ? [] : [`Talk to the agents at ${url}`]
}

/** Ends the process, with whatever in it would not end; the supervisor starts another. */
async function restart(starting: Promise<RunningHost>, supervisor: Supervisor): Promise<void> {
  const host = await starting
  await host.stop(restartGraceMs).finally(() => supervisor.askForRestart())
}

/** Gives what a signal does. */
function stopOnSignal(host: RunningHost): (signal: NodeJS.Signals) => void {
  let isStopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(signal === 'SIGINT' ? 130 : 143)
    isStopping = true
    setTimeout(explainStop, silentStopMs).unref()
    // The library's own server and whatever the app left open would keep the process alive.
    host.stop(stopGraceMs).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return onSignal
}

function explainStop(): void {
  const limit = stopGraceMs / 1000
  process.stdout.write(
    `Waiting up to ${limit} seconds for what still runs. Ctrl+C ends it at once; runs go on at the next start.\n`,
  )
}
