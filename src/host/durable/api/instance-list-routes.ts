import { knownStatuses } from '../hub/instance-status.js'
import type { InstanceQuery } from '../hub/instance-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import type { DurableAnswer } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'
import type { InstanceCommands } from './instance-commands.js'
import { answerPage, isOn, parseTime } from './request-parameters.js'
import { toStatusJson } from './status-json.js'

/** Answers `instances/`: the list, and the purge of many. */
export async function answerInstanceList(
  { hub, commands }: { readonly hub: TaskHub; readonly commands: InstanceCommands },
  request: DurableRequest,
): Promise<DurableAnswer | undefined> {
  switch (request.method) {
    case 'GET':
      return list(hub, request)
    case 'DELETE':
      return purge(commands, request)
    default:
      return undefined
  }
}

function list(hub: TaskHub, request: DurableRequest): DurableAnswer {
  const query = readQuery(request.query)
  const showInput = isOn(request.query, 'showInput', true)
  return answerPage(
    request,
    (part) => hub.instances.list({ ...query, ...part }),
    (instance) => toStatusJson(instance, { showInput }),
  )
}

async function purge(commands: InstanceCommands, { query }: DurableRequest): Promise<DurableAnswer> {
  const read = readQuery(query)
  if (read.from === undefined) {
    return { status: 400, json: JSON.stringify("Please provide value for 'createdTimeFrom' parameter.") }
  }
  const instancesDeleted = await commands.purgeAll(read)
  return instancesDeleted === 0
    ? { status: 404 }
    : { status: 200, json: JSON.stringify({ instancesDeleted }) }
}

function readQuery(query: DurableRequest['query']): Omit<InstanceQuery, 'limit'> {
  return {
    prefix: query.get('instanceidprefix') ?? '',
    from: parseTime(query, 'createdTimeFrom'),
    to: parseTime(query, 'createdTimeTo'),
    statuses: parseStatuses(query.get('runtimestatus')),
  }
}

/** Names of states, separated by commas; those that are none count for nothing, and all states when none is left. */
function parseStatuses(text = ''): readonly string[] {
  const named = text.split(',').map((name) => name.trim())
  const found = knownStatuses.filter((known) => named.includes(known))
  return found.length === 0 ? knownStatuses : found
}
