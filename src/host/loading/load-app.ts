import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import type { HostLog } from '../log.js'
import { readOptionalFile } from '../read-optional-file.js'
import { toObject } from '../unchecked-object.js'
import { AppLoadError } from './app-load-error.js'
import { installCoreModule } from './core-interception.js'
import { type CoreModule, createCoreModule } from './core-module.js'
import { findEntryFiles, isGlob } from './entry-files.js'
import type { FunctionRegistration } from './function-metadata.js'
import { FunctionTable } from './function-table.js'
import { HookTable } from './hooks.js'
import { readLibraryServer } from './library-server.js'
import type { ProgrammingModel } from './programming-model.js'

/** An app whose entry files have run, with everything that it registered. */
export interface LoadedApp {
  /** In the order of registration. */
  readonly registrations: readonly FunctionRegistration[]
  readonly hooks: HookTable
  /** Undefined when the app registered nothing. */
  readonly model: ProgrammingModel | undefined
  /** The library's own server, when the app streams HTTP. */
  readonly server: Server | undefined
  /** Basename of the last entry file, shown by admin endpoints. */
  readonly scriptFile: string
}

/** The capabilities that the worker offers to the library (Functions worker: capabilities). */
const capabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
}

/**
 * Loads the app at `root`: interception, entry files, `appStart` hooks, capabilities; then registration is closed.
 * `main` replaces package.json's. An app without entry files loads as one without functions.
 * @throws {AppLoadError} `Worker was unable to load entry point "…": …` when an entry file throws, or when a hook does.
 */
export async function loadApp(options: {
  readonly root: string
  readonly main?: string | undefined
  readonly log: HostLog
}): Promise<LoadedApp> {
  const { root, log } = options
  const functions = new FunctionTable()
  const hooks = new HookTable()
  const core = createCoreModule({ functions, hooks, log: createSystemLog(log, hooks) })
  installCoreModule(core)
  probeLibrary(root)
  const manifest = await readManifest(root, log)
  const files = await loadEntryFiles({
    root,
    pattern: options.main ?? manifest.main,
    isModule: manifest.isModule,
    log,
  })
  await hooks.runAppHooks('appStart', root).catch((cause: unknown) => {
    throw new AppLoadError('An appStart hook threw', cause)
  })
  const model = core.getProgrammingModel()
  const server = model && (await readLibraryServer(model, { ...capabilities }))
  const registrations = functions.lock()
  return {
    registrations,
    hooks,
    model,
    server,
    scriptFile: basename(files.at(-1) ?? ''),
  }
}

/** Messages from outside invocations: the app's log hooks see them, then the filters decide. */
function createSystemLog(log: HostLog, hooks: HookTable): CoreModule['log'] {
  return (level, category, message) => {
    const context = { level, message, category, hookData: {}, appHookData: hooks.appHookData }
    hooks.runLogHooks(context)
    log.write(context.level, category === 'user' ? 'Function' : 'Host.Worker', context.message)
  }
}

/** Loads the library before the app does: what cannot be found here will give a clearer error from the app itself. */
function probeLibrary(root: string): void {
  try {
    createRequire(join(root, 'package.json'))('@azure/functions')
  } catch {
    // The app may bundle the library, or fail on its own import with the name of the importing file.
  }
}

async function readManifest(
  root: string,
  log: HostLog,
): Promise<{ main: string | undefined; isModule: boolean }> {
  const path = join(root, 'package.json')
  const text = await readOptionalFile(path)
  if (text === undefined) {
    log.write('warning', 'Host.Startup', `Worker failed to load package.json: file does not exist: ${path}`)
    return { main: undefined, isModule: false }
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    const message = `Worker failed to parse package.json: ${toErrorMessage(cause)}`
    throw new AgentError('invalid_configuration', message, { cause })
  }
  const manifest = toObject(parsed)
  const main = typeof manifest.main === 'string' ? manifest.main : undefined
  return { main, isModule: manifest.type === 'module' }
}

async function loadEntryFiles(options: {
  readonly root: string
  readonly pattern: string | undefined
  readonly isModule: boolean
  readonly log: HostLog
}): Promise<readonly string[]> {
  const { root, pattern, isModule, log } = options
  if (pattern === undefined) return []
  const files = await findEntryFiles(root, pattern)
  if (files.length === 0)
    log.write('error', 'Host.Startup', `${toLoadFailure(pattern)}: ${noFilesMessage(pattern)}`)
  for (const file of files) {
    try {
      await loadFile(root, file, isModule)
    } catch (cause) {
      throw new AppLoadError(toLoadFailure(file), cause)
    }
  }
  return files
}

async function loadFile(root: string, file: string, isModule: boolean): Promise<void> {
  const path = join(root, file)
  if (/\.m[jt]s$/.test(file) || (isModule && !/\.c[jt]s$/.test(file))) await import(pathToFileURL(path).href)
  else createRequire(join(root, 'package.json'))(path)
}

function toLoadFailure(file: string): string {
  return `Worker was unable to load entry point "${file}"`
}

function noFilesMessage(pattern: string): string {
  const what = isGlob(pattern)
    ? `Found zero files matching the supplied pattern "${pattern}"`
    : 'File does not exist'
  return `${what}. Compile the app first, or correct "main" in package.json.`
}
