import { toErrorMessage } from '../../../core/errors.js'
import type { OutgoingSignal } from '../entities/entity-batch.js'
import { fromInstanceId, isEntityKey, toEntityId, toInstanceId } from '../entities/entity-id.js'
import type { ListedEntity } from '../hub/entity-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import { type DurableAnswer, DurableRequestError } from './durable-answer.js'
import { type DurableRequest, isJson } from './durable-request.js'
import { answerPage, isOn, parseTime } from './request-parameters.js'
import { toUnknownFunctionText } from './unknown-function.js'

export interface EntityRoutesOptions {
  readonly hub: TaskHub
  /** The entity functions that this process has, by lower-case name. */
  readonly entities: ReadonlyMap<string, { readonly name: string }>
  /** Sends a message; resolves when it is on disk. */
  readonly signal: (signal: OutgoingSignal) => Promise<void>
}

const accepted: DurableAnswer = { status: 202 }
const notFound: DurableAnswer = { status: 404 }

/** Answers `entities[/{name}[/{key}]]`; `undefined` when there is no such route. */
export function createEntityRoutes(options: EntityRoutesOptions) {
  return async function answerEntities(request: DurableRequest): Promise<DurableAnswer | undefined> {
    const [, name, key = '', ...more] = request.segments
    if (more.length > 0) return undefined
    if (request.method === 'GET' && key === '') return list(options, request, name)
    if (name === undefined) return undefined
    switch (request.method) {
      case 'POST':
        return signal(options, name, key, request.query.get('op') ?? '', await readInput(request))
      case 'DELETE':
        return signal(options, name, key, 'delete', null)
      case 'GET':
        return read(options, name, key)
      default:
        return undefined
    }
  }
}

async function signal(
  options: EntityRoutesOptions,
  name: string,
  key: string,
  operation: string,
  input: string | null,
): Promise<DurableAnswer> {
  if (!options.entities.has(name.toLowerCase())) {
    const text = toUnknownFunctionText(name.toLowerCase(), 'entity', options.entities)
    throw new DurableRequestError(text, { summary: null })
  }
  checkKey(key)
  await options.signal({ target: toEntityId(name, key), operation, input })
  return accepted
}

function read({ hub }: EntityRoutesOptions, name: string, key: string): DurableAnswer {
  // An empty key cannot be part of a path, so `$` stands for it here (Durable extension: HTTP API).
  const { state } = hub.entities.read(toInstanceId(toEntityId(name, key === '$' ? '' : key)))
  return state === null ? notFound : { status: 200, json: state }
}

function checkKey(key: string): void {
  if (isEntityKey(key)) return
  const text = `The entity key '${key}' holds one of the characters / \\ # ? or a control character.`
  throw new DurableRequestError(text, { summary: null })
}

/** JSON is stored as it came, so that numbers keep their digits; other content is a text. */
async function readInput(request: DurableRequest): Promise<string | null> {
  const body = await request.readBody()
  if (body === '') return null
  if (!isJson(request)) return JSON.stringify(body)
  const text = body.trim()
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw new DurableRequestError(`Could not parse JSON content: ${toErrorMessage(error)}`, { summary: null })
  }
}

function list(
  { hub }: EntityRoutesOptions,
  request: DurableRequest,
  name: string | undefined,
): DurableAnswer {
  const { query } = request
  const from = parseTime(query, 'lastOperationTimeFrom')
  const to = parseTime(query, 'lastOperationTimeTo')
  const fetchState = isOn(query, 'fetchState', false)
  return answerPage(
    request,
    (part) => hub.entities.list({ name: name?.toLowerCase(), from, to, ...part }),
    (entity) => toListItem(entity, fetchState),
  )
}

function toListItem({ id, state, lastOperationAt }: ListedEntity, fetchState: boolean): string {
  const item = JSON.stringify({
    entityId: fromInstanceId(id),
    lastOperationTime: new Date(lastOperationAt).toISOString(),
  })
  // The stored text goes in unparsed, so that numbers keep their digits.
  return `${item.slice(0, -1)},"state":${(fetchState ? state : null) ?? 'null'}}`
}
