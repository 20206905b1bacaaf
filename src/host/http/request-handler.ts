import type { IncomingMessage, ServerResponse } from 'node:http'
import { toErrorMessage } from '../../core/errors.js'
import type { FunctionInvoker } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import type { AccessControl } from '../keys/access-control.js'
import type { HostLog } from '../log.js'
import type { HttpSettings } from '../settings/host-json.js'
import type { AdminHandler } from './admin.js'
import type { CorsPolicy } from './cors.js'
import { isCrossSiteWrite } from './cross-site.js'
import { writeOutcome } from './function-to-response.js'
import { writeHomePage } from './home-page.js'
import type { RequestHandler } from './listener.js'
import { hasLocalName } from './local-names.js'
import { isRequestClosed, readContentLength } from './request-body.js'
import { toHttpInput } from './request-to-function.js'
import { decodePath, hasUsableHost, parseTarget, type RequestTarget } from './request-url.js'
import type { RouteMatch, Router } from './router.js'
import { createRushGate } from './rush-gate.js'
import type { StreamProxy } from './stream-proxy.js'
import { createThrottle } from './throttle.js'
import { readTraceContext } from './trace-headers.js'
import { writeEmpty } from './write-response.js'

export interface RequestHandlerOptions {
  readonly router: Router
  readonly invoker: FunctionInvoker
  readonly admin: AdminHandler
  readonly extensions: readonly HostExtension[]
  readonly http: HttpSettings
  readonly log: HostLog
  readonly bodyLimitBytes: number
  readonly isHomePageDisabled: boolean
  readonly cors: CorsPolicy | undefined
  /** Set when the app streams HTTP. */
  readonly proxy: StreamProxy | undefined
  /** Set when requests must carry keys; without it everybody is an administrator. */
  readonly access: AccessControl | undefined
  /** Whether only requests to a name of this machine are answered. */
  readonly isLocal: boolean
}

const builtIn = /^\/(admin|runtime\/webhooks)(?:\/|$)/i

/** Matches a request in the host's order: its `Host` header, CORS, admin and webhooks, function routes, home page, 404 (Functions host: listener). */
export function createRequestHandler(options: RequestHandlerOptions): RequestHandler {
  const { cors, http, isLocal, log, router } = options
  const customHeaders = Object.entries(http.customHeaders)
  const throttle = createThrottle(http)
  const gate = createRushGate()
  return (request, response) => {
    if (!hasUsableHost(request)) return writeEmpty(response, 400)
    if (isLocal && !hasLocalName(request)) return refuse(response, foreignName)
    if (cors?.(request, response)) return
    if (isLocal && isCrossSiteWrite(request, response)) return refuse(response, foreignPage)
    const target = parseTarget(request)
    const path = decodePath(target.path)
    // As Kestrel does: no file and no row has such a name, and many an API ends a text there.
    if (path.includes('\0')) return writeEmpty(response, 400)
    for (const [name, value] of customHeaders) response.setHeader(name, value)
    const area = builtIn.exec(path)
    const match = area === null ? router.find(request.method ?? 'GET', path) : undefined
    if (area !== null)
      settle(answerBuiltIn(options, { area, path, search: target.search }, request, response), response, log)
    else if (match === undefined) answerUnrouted(options, response, path)
    else {
      const answer = () => settle(answerFunction(options, match, target, request, response), response, log)
      if (!throttle(response, () => gate(response, answer))) writeEmpty(response, 429)
    }
  }
}

const foreignName =
  'This development host needs no keys, so it answers requests to localhost alone. Have what forwards them send the header "Host: localhost", or start it with --enable-auth.'

const foreignPage =
  'This development host needs no keys, so it takes nothing from pages of other sites. Name their origins with --cors, or start it with --enable-auth.'

function refuse(response: ServerResponse, why: string): void {
  response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(why)
}

/** A request that fails in the host itself is answered 500 without a body, as far as that is still possible. */
function settle(answering: Promise<void>, response: ServerResponse, log: HostLog): void {
  answering.catch((error: unknown) => {
    if (isRequestClosed(error)) return log.write('information', 'Host.Http', toErrorMessage(error))
    log.write(
      'error',
      'Host.Http',
      `A request failed: ${error instanceof Error ? error.stack : String(error)}`,
    )
    if (response.headersSent) response.destroy()
    else writeEmpty(response, 500)
  })
}

/** A path below `/admin` or `/runtime/webhooks`. */
interface BuiltInTarget {
  readonly area: RegExpExecArray
  readonly path: string
  readonly search: string
}

async function answerBuiltIn(
  options: RequestHandlerOptions,
  { area, path, search }: BuiltInTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { access, admin, extensions } = options
  const rest = path.slice(area[0].length)
  const keyed = { headers: request.headers, search }
  if (area[1]?.toLowerCase() === 'admin') {
    if (access?.opensAdmin(keyed) === false) return writeEmpty(response, access.toRefusal(keyed))
    return admin(request, response, rest)
  }
  const [name = ''] = rest.split('/', 1)
  const extension = extensions.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (access?.opensExtension(keyed, name) === false) return writeEmpty(response, access.toRefusal(keyed))
  if (extension?.handle === undefined) return writeEmpty(response, 404)
  await extension.handle(request, response, rest.slice(name.length + 1))
}

async function answerFunction(
  options: RequestHandlerOptions,
  match: RouteMatch,
  target: RequestTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { access, invoker, proxy } = options
  const { definition } = match.route
  if (definition.disabled) return writeEmpty(response, 404)
  const keyed = { headers: request.headers, search: target.search }
  if (access?.opensFunction(keyed, definition) === false) return writeEmpty(response, 401)
  if ((readContentLength(request) ?? 0) > options.bodyLimitBytes) return refuseBody(request, response)
  if (proxy !== undefined) {
    return proxy({ request, response, target, definition, routeValues: match.values })
  }
  const input = await toHttpInput(request, target, match.values)
  const reason = 'This function was programmatically called via the host APIs.'
  const traceContext = readTraceContext(request)
  writeOutcome(response, await invoker.invoke(definition, { input, reason, traceContext }))
}

/** How long a client may go on sending what was refused: breaking off at once would lose the answer. */
const refusedBodyGraceMs = 5_000

function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  writeEmpty(response, 413)
  request.resume()
  const timer = setTimeout(() => request.destroy(), refusedBodyGraceMs)
  request.once('close', () => clearTimeout(timer))
}

function answerUnrouted(options: RequestHandlerOptions, response: ServerResponse, path: string): void {
  if (path === '/') writeHomePage(response, options.isHomePageDisabled)
  else writeEmpty(response, 404)
}
