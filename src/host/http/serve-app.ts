import type { FunctionInvoker } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import { createAccessControl } from '../keys/access-control.js'
import type { AppKeys } from '../keys/app-keys.js'
import type { FunctionError, LoadedFunction } from '../loading/function-definitions.js'
import type { LoadedApp } from '../loading/load-app.js'
import type { HostLog } from '../log.js'
import type { HostJson } from '../settings/host-json.js'
import { isSettingOn, type Settings } from '../settings/setting-names.js'
import { createAdminHandler } from './admin.js'
import type { CorsPolicy } from './cors.js'
import type { RequestHandler } from './listener.js'
import { createRequestHandler } from './request-handler.js'
import { type Router, toRouteUrl } from './router.js'
import { createStreamProxy } from './stream-proxy.js'

export interface ServeAppOptions {
  readonly app: LoadedApp
  readonly functions: readonly LoadedFunction[]
  readonly errors: readonly FunctionError[]
  readonly router: Router
  readonly invoker: FunctionInvoker
  readonly extensions: readonly HostExtension[]
  readonly hostJson: HostJson
  readonly settings: Settings
  readonly cors: CorsPolicy | undefined
  readonly log: HostLog
  readonly root: string
  /** Without a slash at its end. */
  readonly url: string
  readonly streamIdleLimitMs: number | undefined
  readonly bodyLimitBytes: number
  /** Set when requests must carry one of them. */
  readonly keys: AppKeys | undefined
  /** Whether it listens on this machine's own address. */
  readonly isLoopback: boolean
  /** Ends this process for another; undefined when there would be none. */
  readonly restart: (() => void) | undefined
}

/** Puts the parts together that answer requests: routes, admin endpoints, webhooks and, for streaming apps, the library's server. */
export function serveApp(options: ServeAppOptions): RequestHandler {
  const { app, functions, errors, router, invoker, extensions, hostJson } = options
  const { settings, cors, log, root, url, keys, restart, bodyLimitBytes } = options
  const { server, scriptFile } = app
  const idleLimitMs = options.streamIdleLimitMs
  const proxy =
    server === undefined
      ? undefined
      : createStreamProxy({ server, invoker, log, idleLimitMs, bodyLimitBytes })
  const routeUrls = new Map(router.routes.map((route) => [route.definition.name, toRouteUrl(url, route)]))
  return createRequestHandler({
    router,
    invoker,
    admin: createAdminHandler({
      functions,
      errors,
      invoker,
      extensions,
      scriptFile,
      root,
      url,
      routeUrls,
      keys,
      restart,
    }),
    extensions,
    http: hostJson.http,
    log,
    bodyLimitBytes,
    isHomePageDisabled: isSettingOn(settings, 'AzureWebJobsDisableHomepage'),
    cors,
    proxy,
    access: keys && createAccessControl(keys),
    isLocal: keys === undefined && options.isLoopback,
  })
}
