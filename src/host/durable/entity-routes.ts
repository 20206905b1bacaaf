import { type DurableAnswer, DurableRequestError } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'
import type { OutgoingSignal } from './entity-batch.js'
import { fromInstanceId, isEntityKey, toEntityId, toInstanceId } from './entity-id.js'
import type { ListedEntity, TaskHub } from './task-hub.js'
import { toUnknownFunctionText } from './unknown-function.js'

export interface EntityRoutesOptions {
  readonly hub: TaskHub
  /** Names of the entity functions as they were registered, by lower-case name. */
  readonly functions: ReadonlyMap<string, { readonly name: string }>
  /** Sends a message; resolves when it is on disk. */
  readonly signal: (signal: OutgoingSignal) => Promise<void>
}

const accepted: DurableAnswer = { status: 202 }
const notFound: DurableAnswer = { status: 404 }
const pageSize = 100
const tokenHeader = 'x-ms-continuation-token'

/** Answers `entities[/{name}[/{key}]]` (local-host-spec D.3); `undefined` when there is no such route. */
export function createEntityRoutes(options: EntityRoutesOptions) {
  return async function answerEntities(request: DurableRequest): Promise<DurableAnswer | undefined> {
    const [, name, key, ...more] = request.segments
    if (more.length > 0) return undefined
    if (key === undefined || name === undefined) {
      return request.method === 'GET' ? list(options, request, name) : undefined
    }
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
  if (!options.functions.has(name.toLowerCase())) {
    const known = [...options.functions.values()].map((entity) => entity.name)
    throw new DurableRequestError(toUnknownFunctionText(name, 'entity', known))
  }
  await options.signal({ target: toEntityId(name, toKey(key)), operation, input })
  return accepted
}

function read({ hub }: EntityRoutesOptions, name: string, key: string): DurableAnswer {
  const { state } = hub.readEntity(toInstanceId(toEntityId(name, toKey(key))))
  return state === null ? notFound : { status: 200, json: state }
}

/** An empty key cannot be part of a path, so `$` stands for it. */
function toKey(segment: string): string {
  if (!isEntityKey(segment)) {
    throw new DurableRequestError(
      `The entity key '${segment}' holds one of the characters / \\ # ? or a control character.`,
    )
  }
  return segment === '$' ? '' : segment
}

/** JSON is stored as it came, so that numbers keep their digits; other content is a text. A null counts as no input. */
async function readInput(request: DurableRequest): Promise<string | null> {
  const body = await request.readBody()
  if (body === '') return null
  if (!isJson(request.headers['content-type'])) return JSON.stringify(body)
  const text = body.trim()
  try {
    return JSON.parse(text) === null ? null : text
  } catch (error) {
    throw new DurableRequestError(error instanceof Error ? error.message : String(error), {
      summary: 'Could not parse JSON content',
    })
  }
}

function isJson(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && /^application\/json\s*(;|$)/i.test(contentType)
}

function list(
  { hub }: EntityRoutesOptions,
  request: DurableRequest,
  name: string | undefined,
): DurableAnswer {
  const { query, headers } = request
  const limit = parsePageSize(query.get('top'))
  const found = hub.readEntities({
    name: name?.toLowerCase(),
    from: parseTime(query, 'lastOperationTimeFrom'),
    to: parseTime(query, 'lastOperationTimeTo'),
    after: parseToken(headers[tokenHeader]),
    limit: limit + 1,
  })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const fetchState = query.get('fetchstate')?.toLowerCase() === 'true'
  return {
    status: 200,
    json: `[${page.map((entity) => toListItem(entity, fetchState)).join(',')}]`,
    headers: found.length > limit && last ? { [tokenHeader]: toToken(last.id) } : {},
  }
}

function toListItem({ id, state, lastOperationAt }: ListedEntity, fetchState: boolean): string {
  const item = JSON.stringify({
    entityId: fromInstanceId(id),
    lastOperationTime: new Date(lastOperationAt).toISOString(),
  })
  // The stored text goes in unparsed, so that numbers keep their digits.
  return fetchState ? `${item.slice(0, -1)},"state":${state ?? 'null'}}` : item
}

function parsePageSize(text: string | undefined): number {
  const size = Number(text ?? '')
  return Number.isSafeInteger(size) && size > 0 ? size : pageSize
}

function parseTime(query: DurableRequest['query'], name: string): number | undefined {
  const text = query.get(name.toLowerCase())
  if (text === undefined || text === '') return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new DurableRequestError(`'${name}' is not a date and time: '${text}'.`)
  return time
}

function toToken(id: string): string {
  return Buffer.from(id).toString('base64url')
}

function parseToken(token: string | string[] | undefined): string {
  return typeof token === 'string' ? Buffer.from(token, 'base64url').toString() : ''
}
