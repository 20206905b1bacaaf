import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { parseJson } from '../../core/json.js'
import type { FunctionInvoker, TypedData } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import type { AppKeys } from '../keys/app-keys.js'
import { hostVersion } from '../loading/core-module.js'
import type { FunctionDefinitions, LoadedFunction } from '../loading/function-definitions.js'
import { isHttpTrigger } from '../loading/function-metadata.js'
import { isObject } from '../unchecked-object.js'
import { findKeys } from './admin-keys.js'
import { readContentLength, readLimitedBody } from './request-body.js'
import { writeEmpty, writeJson } from './write-response.js'

export interface AdminOptions extends FunctionDefinitions {
  readonly invoker: FunctionInvoker
  /** Asked for the trigger value of a run by hand. */
  readonly extensions: readonly HostExtension[]
  readonly scriptFile: string
  readonly root: string
  /** Base URL without a slash at its end. */
  readonly url: string
  /** Full URL of an HTTP function's route. */
  readonly routeUrls: ReadonlyMap<string, string>
  /** Shown to whoever has the master key; undefined when requests need none, and then kept to themselves. */
  readonly keys: AppKeys | undefined
  /** Ends this process for another; undefined when there would be none, and `host/restart` is 404 then. */
  readonly restart: (() => void) | undefined
}

/** Answers requests below `/admin/`. */
export type AdminHandler = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>

const bodyLimitBytes = 1_048_576

/**
 * The management endpoints that tools and tests use (Functions host: admin API): status, ping, restart, warmup, functions, and
 * running one function, and keys when requests need them. Who gets here is an administrator. All others are 404.
 */
export function createAdminHandler(options: AdminOptions): AdminHandler {
  const instanceId = randomUUID()
  return async (request, response, path) => {
    const parts = path.split('/').filter((part) => part !== '')
    const method = request.method ?? 'GET'
    const [area = '', name, action] = parts.map((part, index) => (index === 1 ? part : part.toLowerCase()))
    const isGet = method === 'GET'
    const keys = isGet && options.keys ? findKeys(parts, options.functions, options.keys) : undefined
    if (keys !== undefined) writeJson(response, { ...keys, links: [toSelfLink(request, parts)] })
    else if (area === 'host' && parts.length === 2) {
      answerHost(request, response, `${method} ${name?.toLowerCase()}`, {
        instanceId,
        restart: options.restart,
      })
    } else if (area === 'warmup' && isGet) writeEmpty(response, 200)
    else if (area !== 'functions') writeEmpty(response, 404)
    else if (name === undefined && isGet) {
      const described = options.functions.map((definition) => toFunctionObject(definition, options))
      writeJson(response, described)
    } else await answerFunction({ request, response, name: name ?? '', action, options })
  }
}

function toSelfLink({ headers }: IncomingMessage, parts: readonly string[]): object {
  return { rel: 'self', href: `http://${headers.host}/admin/${parts.join('/')}` }
}

/** Security: a page of another origin could send the request to restart, so it must not come from a page. */
function answerHost(
  request: IncomingMessage,
  response: ServerResponse,
  what: string,
  { instanceId, restart }: { readonly instanceId: string; readonly restart: (() => void) | undefined },
): void {
  if (what === 'GET status') writeJson(response, toStatus(instanceId))
  else if (what === 'GET ping' || what === 'POST ping') writeEmpty(response, 200)
  else if (what === 'POST synctriggers') writeJson(response, { status: 'success' })
  else if (what === 'POST restart' && restart !== undefined && request.headers.origin === undefined) {
    writeEmpty(response, 200)
    restart()
  } else writeEmpty(response, 404)
}

async function answerFunction(call: {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly name: string
  readonly action: string | undefined
  readonly options: AdminOptions
}): Promise<void> {
  const { request, response, name, action, options } = call
  const isSame = (each: { readonly name: string }): boolean => each.name.toLowerCase() === name.toLowerCase()
  const definition = options.functions.find(isSame)
  const errors = options.errors.filter(isSame).map((error) => error.message)
  if (action === 'status' && request.method === 'GET' && (definition !== undefined || errors.length > 0)) {
    writeJson(response, errors.length > 0 ? { errors } : {})
  } else if (definition === undefined || action !== undefined) writeEmpty(response, 404)
  else if (request.method === 'GET') writeJson(response, toFunctionObject(definition, options))
  else if (request.method === 'POST') await runFunction(request, response, definition, options)
  else writeEmpty(response, 404)
}

/**
 * Starts one run and does not wait for it.
 * Security: JSON only. A page of another origin cannot send that without a pre-flight, which fails here.
 */
async function runFunction(
  request: IncomingMessage,
  response: ServerResponse,
  definition: LoadedFunction,
  options: AdminOptions,
): Promise<void> {
  const { 'content-type': type = '', 'transfer-encoding': chunked } = request.headers
  const hasBody = chunked !== undefined || (readContentLength(request) ?? 0) > 0
  if (hasBody && !/^application\/json\b/i.test(type)) return writeEmpty(response, 415)
  const body = await readLimitedBody(request, bodyLimitBytes)
  if (body === undefined) return writeEmpty(response, 413)
  const input = parseInput(body)
  if (input === undefined) return writeEmpty(response, 400)
  const value = toTriggerInput(definition, input, options)
  writeEmpty(response, 202)
  const reason = 'This function was programmatically called via the host APIs.'
  await options.invoker.invoke(definition, { input: value, reason })
}

function parseInput(body: Buffer): string | undefined {
  const parsed: unknown = parseJson(body.toString('utf8'))
  if (!isObject(parsed)) return undefined
  return typeof parsed.input === 'string' ? parsed.input : ''
}

function toTriggerInput(definition: LoadedFunction, input: string, { extensions }: AdminOptions): TypedData {
  for (const extension of extensions) {
    const value = extension.toManualInput?.(definition, input)
    if (value !== undefined) return value
  }
  return { string: input }
}

function toStatus(instanceId: string): unknown {
  return {
    id: hostname().toLowerCase(),
    state: 'Running',
    version: hostVersion,
    versionDetails: `${hostVersion} (development host)`,
    platformVersion: '',
    instanceId,
    computerName: hostname(),
    processUptime: Math.round(process.uptime() * 1000),
    functionAppContentEditingState: 'Unknown',
    extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '4.x' },
  }
}

function toFunctionObject(definition: LoadedFunction, options: AdminOptions): unknown {
  const { name } = definition
  const href = `${options.url}/admin/functions/${name}`
  return {
    name,
    script_root_path_href: null,
    script_href: null,
    config_href: null,
    test_data_href: null,
    secrets_file_href: null,
    href,
    invoke_url_template: options.routeUrls.get(name) ?? null,
    language: 'node',
    config: {
      name,
      entryPoint: '',
      scriptFile: options.scriptFile,
      language: 'node',
      functionDirectory: options.root,
      bindings: Object.entries(definition.bindings).map(([key, binding]) => ({ ...binding, name: key })),
    },
    files: null,
    test_data: '',
    isDisabled: definition.disabled,
    isDirect: isHttpTrigger(definition.trigger),
    isProxy: false,
  }
}
