import { isOver } from '../hub/instance-status.js'
import { type DurableAnswer, DurableRequestError } from './durable-answer.js'
import { type DurableRequest, isJson, parseJsonBody } from './durable-request.js'
import { toHistoryJson } from './history-json.js'
import type { CommandOutcome } from './instance-commands.js'
import { answerInstanceList } from './instance-list-routes.js'
import type { InstanceRoutesOptions } from './instance-routes-options.js'
import { answerStart, answerStarted } from './instance-start-route.js'
import { isOn } from './request-parameters.js'
import { toStatusJson } from './status-json.js'

const answers: Readonly<Record<CommandOutcome, DurableAnswer>> = {
  accepted: { status: 202 },
  gone: { status: 404 },
  over: { status: 410 },
}

/** Answers `orchestrators/...` and `instances/...`; `undefined` when there is no such route. */
export function createInstanceRoutes(options: InstanceRoutesOptions) {
  return async function answerInstances(request: DurableRequest): Promise<DurableAnswer | undefined> {
    const [root, id, verb, detail, ...more] = request.segments
    if (more.length > 0) return undefined
    if (root?.toLowerCase() === 'orchestrators') {
      const isStart = id !== undefined && detail === undefined && request.method === 'POST'
      return isStart ? answerStart(options, id, verb, request) : undefined
    }
    if (id === undefined) return answerInstanceList(options, request)
    if (verb === undefined) return answerOne(options, id, request)
    if (request.method !== 'POST') return undefined
    if (detail === undefined) return control(options, id, verb.toLowerCase(), request)
    return verb.toLowerCase() === 'raiseevent' ? raiseEvent(options, id, detail, request) : undefined
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
        ? answers.gone
        : { status: 200, json: JSON.stringify({ instancesDeleted: 1 }) }
    default:
      return undefined
  }
}

function readStatus(
  { hub }: InstanceRoutesOptions,
  id: string,
  { query, url }: DurableRequest,
): DurableAnswer {
  const instance = hub.instances.read(id)
  if (instance === undefined) return answers.gone
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
    return { status: 202, json, headers: { Location: url, 'Retry-After': '5' } }
  }
  const isError = instance.status === 'Failed' && isOn(query, 'returnInternalServerErrorOnFailure', false)
  return { status: isError ? 500 : 200, json }
}

async function control(
  options: InstanceRoutesOptions,
  id: string,
  verb: string,
  request: DurableRequest,
): Promise<DurableAnswer | undefined> {
  const { commands } = options
  const reason = request.query.get('reason') ?? null
  switch (verb) {
    case 'terminate':
      return answers[await commands.terminate(id, reason)]
    case 'suspend':
      return answers[await commands.suspend(id, reason)]
    case 'resume':
      return answers[await commands.resume(id, reason)]
    case 'rewind': {
      const outcome = await commands.rewind(id, reason)
      return outcome === 'running' ? onlyFailed : answers[outcome]
    }
    case 'restart': {
      const withNewId = isOn(request.query, 'restartWithNewInstanceId', true)
      return answerStarted(options, await commands.restart(id, { withNewId }), request)
    }
    default:
      return undefined
  }
}

const onlyFailed: DurableAnswer = {
  status: 412,
  json: JSON.stringify('The rewind operation is only supported on failed orchestration instances.'),
}

/** What the instance is comes before what is raised. */
async function raiseEvent(
  { commands, hub }: InstanceRoutesOptions,
  id: string,
  name: string,
  request: DurableRequest,
): Promise<DurableAnswer> {
  const instance = hub.instances.read(id)
  if (instance === undefined) return answers.gone
  if (isOver(instance.status)) return answers.over
  if (!isJson(request)) {
    throw new DurableRequestError('Only application/json request content is supported', { summary: null })
  }
  const data = parseJsonBody(await request.readBody())
  if (data === null)
    throw new DurableRequestError('An event needs JSON data.', { summary: 'Invalid JSON content' })
  return answers[await commands.raiseEvent(id, name, data)]
}
