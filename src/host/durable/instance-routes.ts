import type { InstanceLink } from './client-payload.js'
import { type DurableAnswer, DurableRequestError } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'
import { isOver } from './instance-status.js'
import { toHistoryJson } from './orchestrations/history-json.js'
import type { CommandOutcome, InstanceCommands } from './orchestrations/instance-commands.js'
import { toStatusJson } from './orchestrations/status-json.js'
import type { TaskHub } from './task-hub.js'

export interface InstanceRoutesOptions {
  readonly hub: TaskHub
  readonly commands: InstanceCommands
  readonly links: (instanceId: string) => Readonly<Record<InstanceLink, string>>
}

const notFound: DurableAnswer = { status: 404 }

/** Answers `orchestrators/...` and `instances/...` (local-host-spec D.3); `undefined` when there is no such route. */
export function createInstanceRoutes(options: InstanceRoutesOptions) {
  return async function answerInstances(request: DurableRequest): Promise<DurableAnswer | undefined> {
    const [root, id, verb, detail, ...more] = request.segments
    if (more.length > 0) return undefined
    if (root?.toLowerCase() === 'orchestrators') {
      const isStart = id !== undefined && detail === undefined && request.method === 'POST'
      return isStart ? start(options, id, verb, request) : undefined
    }
    if (id === undefined) return answerAll(request)
    if (verb === undefined) return answerOne(options, id, request)
    return request.method === 'POST' ? control(options, { id, verb, detail }, request) : undefined
  }
}

async function start(
  { commands, links }: InstanceRoutesOptions,
  functionName: string,
  instanceId: string | undefined,
  request: DurableRequest,
): Promise<DurableAnswer> {
  const input = parseBody(await request.readBody())
  const version = request.query.get('version')
  const id = await commands.start({ functionName, instanceId, input, version })
  const addresses = links(id)
  const headers = { Location: addresses.statusQueryGetUri, 'Retry-After': '10' }
  return { status: 202, headers, json: JSON.stringify({ id, ...addresses }) }
}

/** JSON text as it came; `null` for an empty body. */
function parseBody(body: string): string | null {
  if (body.trim() === '') return null
  try {
    JSON.parse(body)
    return body
  } catch (error) {
    throw new DurableRequestError(error instanceof Error ? error.message : String(error), {
      summary: 'Invalid JSON content',
    })
  }
}

async function answerOne(
  options: InstanceRoutesOptions,
  id: string,
  request: DurableRequest,
): Promise<DurableAnswer | undefined> {
  switch (request.method) {
    case 'GET':
      return readStatus(options, id, request)
    case 'DELETE':
      return (await options.commands.purge(id)) === 'gone'
        ? notFound
        : { status: 200, json: JSON.stringify({ instancesDeleted: 1 }) }
    default:
      return undefined
  }
}

function readStatus(
  { hub, links }: InstanceRoutesOptions,
  id: string,
  { query }: DurableRequest,
): DurableAnswer {
  const instance = hub.instances.read(id)
  if (instance === undefined) return notFound
  const showInput = isOn(query, 'showInput', true)
  const historyEvents =
    isOn(query, 'showHistory', false) && instance.status !== 'Pending'
      ? toHistoryJson(hub.instances.readHistory(instance.execution), {
          showInput,
          showOutput: isOn(query, 'showHistoryOutput', false),
        })
      : undefined
  const json = toStatusJson(instance, { showInput, historyEvents })
  if (!isOver(instance.status)) {
    return { status: 202, json, headers: { Location: links(id).statusQueryGetUri, 'Retry-After': '5' } }
  }
  const isError = instance.status === 'Failed' && isOn(query, 'returnInternalServerErrorOnFailure', false)
  return { status: isError ? 500 : 200, json }
}

function isOn(query: DurableRequest['query'], name: string, byDefault: boolean): boolean {
  const text = query.get(name.toLowerCase())?.toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : byDefault
}

function answerAll({ method, query }: DurableRequest): DurableAnswer | undefined {
  if (method === 'GET') return { status: 200, json: '[]' }
  if (method !== 'DELETE') return undefined
  if (Number.isNaN(Date.parse(query.get('createdtimefrom') ?? ''))) {
    throw new DurableRequestError("'createdTimeFrom' must be given, as a date and time.")
  }
  return notFound
}

const answers: Readonly<Record<CommandOutcome, DurableAnswer>> = {
  accepted: { status: 202 },
  gone: notFound,
  over: { status: 410 },
}

async function control(
  options: InstanceRoutesOptions,
  { id, verb, detail }: { readonly id: string; readonly verb: string; readonly detail: string | undefined },
  request: DurableRequest,
): Promise<DurableAnswer | undefined> {
  const { commands, hub } = options
  const reason = request.query.get('reason') ?? ''
  switch (verb.toLowerCase()) {
    case 'raiseevent':
      return detail === undefined ? undefined : raiseEvent(options, id, detail, request)
    case 'terminate':
      return answers[await commands.terminate(id, reason)]
    case 'restart':
    case 'suspend':
    case 'resume':
    case 'rewind':
      return refuseVerb(hub, id, verb.toLowerCase())
    default:
      return undefined
  }
}

function refuseVerb(hub: TaskHub, id: string, verb: string): DurableAnswer {
  if (hub.instances.read(id) !== undefined) {
    throw new DurableRequestError(`This host cannot ${verb} orchestrations yet.`, {
      status: 501,
      summary: 'Not implemented',
    })
  }
  if (verb !== 'restart') return notFound
  throw new DurableRequestError('InstanceId does not match a valid orchestration instance.')
}

async function raiseEvent(
  { commands, hub }: InstanceRoutesOptions,
  id: string,
  name: string,
  request: DurableRequest,
): Promise<DurableAnswer> {
  const instance = hub.instances.read(id)
  if (instance === undefined) return answers.gone
  if (isOver(instance.status)) return answers.over
  if (!/^application\/json\s*(;|$)/i.test(String(request.headers['content-type']))) {
    throw new DurableRequestError('Only application/json request content is supported')
  }
  const data = parseBody(await request.readBody())
  if (data === null)
    throw new DurableRequestError('An event needs JSON data.', { summary: 'Invalid JSON content' })
  return answers[await commands.raiseEvent(id, name, data)]
}
