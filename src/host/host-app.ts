import type { FunctionInvoker } from './functions.js'
import type { HostContext, HostExtension } from './host-extension.js'
import { createRouter, type Router } from './http/router.js'
import { createFailure } from './invocation/invocation-failure.js'
import { createInvoker } from './invocation/invoke.js'
import {
  type FunctionError,
  type LoadedFunction,
  toFunctionDefinitions,
} from './loading/function-definitions.js'
import { type LoadedApp, loadApp } from './loading/load-app.js'

/** A loaded app and what runs it. */
export interface HostedApp {
  readonly app: LoadedApp
  readonly functions: readonly LoadedFunction[]
  /** Functions that cannot be run, and why. */
  readonly errors: readonly FunctionError[]
  /** Each has begun to listen. */
  readonly extensions: readonly HostExtension[]
  readonly invoker: FunctionInvoker
  readonly router: Router
}

export interface HostAppOptions extends Omit<HostContext, 'bindingTypes'> {
  /** Entry instead of package.json's main, relative to root. */
  readonly main: string | undefined
  /** Makes the host's parts that own trigger types. @default none */
  readonly createExtensions: ((context: HostContext) => Promise<readonly HostExtension[]>) | undefined
  /** Ends this process for another, when an invocation has taken too long; undefined when there would be none. */
  readonly restart: (() => void) | undefined
}

/** Loads an app, and has its triggers listened to. @throws {AgentError} `invalid_configuration` for an app that does not load, or a route that cannot be used. */
export async function hostApp(options: HostAppOptions): Promise<HostedApp> {
  const { root, hostJson, hostName, log } = options
  const app = await loadApp({ root, main: options.main, log })
  const context = { root, hostJson, hostName, log, bindingTypes: findBindingTypes(app) }
  const extensions = (await options.createExtensions?.(context)) ?? []
  const { functions, errors } = toFunctionDefinitions(app.registrations, {
    settings: process.env,
    allowed: hostJson.functions,
    retryOptions: hostJson.retryOptions,
    extensions,
  })
  const invoker = openInvoker({ app, functions, extensions }, options)
  const router = createRouter(functions, hostJson.http.routePrefix)
  const enabled = functions.filter((definition) => !definition.disabled)
  for (const extension of extensions) await extension.start(enabled, invoker)
  return { app, functions, errors: [...errors, ...router.errors], extensions, invoker, router }
}

function findBindingTypes({ registrations }: LoadedApp): ReadonlySet<string> {
  const bindings = registrations.flatMap(({ metadata }) => Object.values(metadata.bindings))
  return new Set(bindings.map(({ type }) => String(type).toLowerCase()))
}

function openInvoker(
  { app, functions, extensions }: Pick<HostedApp, 'app' | 'functions' | 'extensions'>,
  { hostJson, log, restart }: HostAppOptions,
): FunctionInvoker {
  const { hooks, model } = app
  // Without a model the app registered nothing: there is no function that anybody could ask for.
  if (model === undefined) return { invoke: async () => createFailure('The app has no functions.') }
  const { functionTimeoutMs } = hostJson
  return createInvoker({ model, functions, hooks, log, extensions, functionTimeoutMs, onTimeout: restart })
}
