import { resolve } from 'node:path'
import type { FunctionDefinition } from './functions.js'
import { type HostedApp, hostApp } from './host-app.js'
import type { HostContext, HostExtension } from './host-extension.js'
import { type CorsPolicy, createCorsPolicy } from './http/cors.js'
import { bindListener, type Listener } from './http/listener.js'
import { isLoopback } from './http/local-names.js'
import { readBodyLimit } from './http/request-body.js'
import { type Router, toRouteUrl } from './http/router.js'
import { serveApp } from './http/serve-app.js'
import type { AppKeys } from './keys/app-keys.js'
import { createConsoleSink, createLog, type HostLog } from './log.js'
import { applyHostSettings } from './settings/host-environment.js'
import { type HostJson, readHostJson } from './settings/host-json.js'
import { type LocalSettings, readLocalSettings } from './settings/local-settings.js'
import { announce } from './startup/announce.js'

export interface StartHostOptions {
  /** Folder holding package.json and host.json. */
  readonly root: string
  /** Entry instead of package.json's main, relative to root. */
  readonly main?: string | undefined
  /** @default Host.LocalHttpPort of local.settings.json, else 7071; 0 takes a free one. */
  readonly port?: number | undefined
  /** @default '127.0.0.1' */
  readonly address?: string | undefined
  /** Origins, separated by commas, or `*`. @default Host.CORS of local.settings.json */
  readonly cors?: string | undefined
  readonly corsCredentials?: boolean | undefined
  /** Makes the host's parts that own trigger types, once the app is loaded. @default none */
  readonly extensions?: ((context: HostContext) => Promise<readonly HostExtension[]>) | undefined
  /** App settings that win over local.settings.json. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Cuts a streamed answer in which no byte moved for this long. @default 240000 */
  readonly streamIdleLimitMs?: number | undefined
  /** Makes requests carry keys as in Azure. @default everybody is an administrator, as with the local tools */
  readonly keys?: AppKeys | undefined
  /**
   * Ends this process, for another to be started in its place. Called after an invocation has failed because it took too long,
   * as its handler still runs, and when an administrator asks for it. @default nobody would start another
   */
  readonly restart?: (() => void) | undefined
  /** More lines to show once the host is ready, given what finds the address of a function by its name. @default none */
  readonly describe?:
    | ((findUrl: (functionName: string) => string | undefined) => readonly string[])
    | undefined
}

/** A host that answers requests. */
export interface RunningHost {
  readonly port: number
  /** Without a slash at its end, e.g. `http://localhost:7071`. */
  readonly url: string
  readonly functions: readonly FunctionDefinition[]
  /** Finishes what runs within `graceMs`, stops the extensions and runs `appTerminate` hooks. @default 10000 */
  stop(graceMs?: number): Promise<void>
}

const banner = 'Development host for Azure Functions apps: for local use only, production is Azure Functions.'

/**
 * Runs a `@azure/functions` app in this process as the Functions host does, and answers HTTP when it is ready.
 * Call it once per process: the library keeps its registrations for good. Sets app settings in `process.env` and the
 * working directory.
 *
 * @throws {AgentError} `invalid_configuration` for a broken host.json, a taken port or an app that does not load.
 *
 * @example
 * const host = await startHost({ root: process.cwd(), port: 0 })
 * const answer = await fetch(`${host.url}/api/hello`)
 * await host.stop()
 */
export async function startHost(options: StartHostOptions): Promise<RunningHost> {
  const root = resolve(options.root)
  const sink = createConsoleSink()
  createLog({ sink }).print(banner)
  const local = await readLocalSettings(root)
  const notes = applyHostSettings(root, local, options.settings)
  const hostJson = await readHostJson(root, process.env)
  const log = createLog({ filters: hostJson.logLevels, sink })
  for (const note of [...local.warnings, ...notes]) log.write('warning', 'Host.Startup', note)
  const corsPolicy = resolveCors(options, local)
  const address = options.address ?? local.address ?? '127.0.0.1'
  const listener = await bindListener(options.port ?? local.port ?? 7071, address)
  try {
    return await startBound({ options, root, hostJson, log, corsPolicy, listener, address })
  } catch (error) {
    await listener.close(0)
    throw error
  }
}

interface BoundHost {
  readonly options: StartHostOptions
  readonly root: string
  readonly hostJson: HostJson
  readonly log: HostLog
  readonly corsPolicy: CorsPolicy | undefined
  readonly listener: Listener
  /** What it listens on. */
  readonly address: string
}

async function startBound(bound: BoundHost): Promise<RunningHost> {
  const { options, root, hostJson, log, listener } = bound
  const hostName = `localhost:${listener.port}`
  const url = `http://${hostName}`
  process.env.WEBSITE_HOSTNAME = hostName
  const bodyLimitBytes = readBodyLimit(process.env)
  const { main, extensions: createExtensions, restart } = options
  const hosted = await hostApp({ root, main, hostJson, hostName, log, createExtensions, restart })
  const { functions, router } = hosted
  const handler = serveApp({
    ...hosted,
    hostJson,
    settings: process.env,
    cors: bound.corsPolicy,
    log,
    root,
    url,
    streamIdleLimitMs: options.streamIdleLimitMs,
    bodyLimitBytes,
    keys: options.keys,
    isLoopback: isLoopback(bound.address),
    restart,
  })
  if (options.keys !== undefined) log.print(prepareKeys(options.keys, router))
  announce(log, { ...hosted, hostJson, url })
  for (const line of options.describe?.((name) => findUrl(router, url, name)) ?? []) log.print(line)
  listener.open(handler)
  let stopping: Promise<void> | undefined
  return {
    port: listener.port,
    url,
    functions,
    stop: (graceMs = 10_000) => {
      stopping ??= stopHost(bound, hosted, graceMs)
      return stopping
    },
  }
}

function findUrl({ routes }: Router, url: string, functionName: string): string | undefined {
  const route = routes.find(({ definition }) => definition.name === functionName)
  return route && toRouteUrl(url, route)
}

/** Makes the keys that are not there yet, so that people can read them, and says where. Security: never a key itself. */
function prepareKeys(keys: AppKeys, router: Router): string {
  for (const { definition } of router.routes) keys.ofFunction(definition.name)
  return `Requests need a key, in the header x-functions-key or as ?code=. The keys are in ${keys.folder}, master key and extensions' keys in host.json.`
}

function resolveCors(options: StartHostOptions, local: LocalSettings): CorsPolicy | undefined {
  const origins = options.cors ?? local.cors
  if (origins === undefined) return undefined
  return createCorsPolicy(origins, options.corsCredentials ?? local.corsCredentials)
}

async function stopHost(
  { listener, root }: BoundHost,
  { extensions, app }: HostedApp,
  graceMs: number,
): Promise<void> {
  // Together: HTTP callers may be waiting for work that an extension is finishing.
  await Promise.all([listener.close(graceMs), ...extensions.map((extension) => extension.stop(graceMs))])
  await app.hooks.runAppHooks('appTerminate', root)
  await Promise.all(extensions.map((extension) => extension.close?.()))
}
