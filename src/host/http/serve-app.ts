import type { HostedApp } from '../host-app.js'
import { createAccessControl } from '../keys/access-control.js'
import type { HostJson } from '../settings/host-json.js'
import { isSettingOn, type Settings } from '../settings/setting-names.js'
import { type AdminOptions, createAdminHandler } from './admin.js'
import type { RequestHandler } from './listener.js'
import { createRequestHandler, type RequestHandlerOptions } from './request-handler.js'
import { toRouteUrl } from './router.js'
import { createStreamProxy } from './stream-proxy.js'

export interface ServeAppOptions
  extends HostedApp,
    Pick<AdminOptions, 'root' | 'url' | 'keys' | 'restart'>,
    Pick<RequestHandlerOptions, 'bodyLimitBytes' | 'cors' | 'log'> {
  readonly hostJson: HostJson
  readonly settings: Settings
  readonly streamIdleLimitMs: number | undefined
  /** Whether it listens on this machine's own address. */
  readonly isLoopback: boolean
}

/** Puts the parts together that answer requests: routes, admin endpoints, webhooks and, for streaming apps, the library's server. */
export function serveApp(options: ServeAppOptions): RequestHandler {
  const { app, router, hostJson, settings, url, keys } = options
  const { server, scriptFile } = app
  const idleLimitMs = options.streamIdleLimitMs
  const routeUrls = new Map(router.routes.map((route) => [route.definition.name, toRouteUrl(url, route)]))
  return createRequestHandler({
    ...options,
    admin: createAdminHandler({ ...options, scriptFile, routeUrls }),
    http: hostJson.http,
    isHomePageDisabled: isSettingOn(settings, 'AzureWebJobsDisableHomepage'),
    proxy: server && createStreamProxy({ ...options, server, idleLimitMs }),
    access: keys && createAccessControl(keys),
    isLocal: keys === undefined && options.isLoopback,
  })
}
