import { type DurableAnswer, DurableRequestError } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'
import { toUnknownFunctionText } from './unknown-function.js'

export interface InstanceRoutesOptions {
  /** Names of the orchestrator functions as they were registered. */
  readonly orchestrators: readonly string[]
}

const notFound: DurableAnswer = { status: 404 }
const controlVerbs = new Set(['raiseevent', 'terminate', 'suspend', 'resume', 'rewind'])

/** Answers `orchestrators/...` and `instances/...` as a hub without orchestrations does (local-host-spec D.3). */
export function createInstanceRoutes({ orchestrators }: InstanceRoutesOptions) {
  return async function answerInstances(request: DurableRequest): Promise<DurableAnswer | undefined> {
    const [root, id, verb, ...more] = request.segments
    if (root?.toLowerCase() === 'orchestrators') {
      return id !== undefined && more.length === 0 && request.method === 'POST'
        ? refuseStart(orchestrators, id, request)
        : undefined
    }
    if (id === undefined) return answerAll(request)
    if (verb === undefined)
      return request.method === 'GET' || request.method === 'DELETE' ? notFound : undefined
    return request.method === 'POST' ? answerControl(verb.toLowerCase()) : undefined
  }
}

async function refuseStart(
  orchestrators: readonly string[],
  name: string,
  request: DurableRequest,
): Promise<never> {
  parseBody(await request.readBody())
  if (orchestrators.some((known) => known.toLowerCase() === name.toLowerCase())) {
    throw new DurableRequestError(
      `This host cannot run orchestrator functions yet, so '${name}' was not started.`,
      {
        status: 501,
        summary: 'Not implemented',
      },
    )
  }
  throw new DurableRequestError(toUnknownFunctionText(name, 'orchestrator', orchestrators))
}

function parseBody(body: string): void {
  if (body.trim() === '') return
  try {
    JSON.parse(body)
  } catch (error) {
    throw new DurableRequestError(error instanceof Error ? error.message : String(error), {
      summary: 'Invalid JSON content',
    })
  }
}

function answerAll({ method, query }: DurableRequest): DurableAnswer | undefined {
  if (method === 'GET') return { status: 200, json: '[]' }
  if (method !== 'DELETE') return undefined
  if (Number.isNaN(Date.parse(query.get('createdtimefrom') ?? ''))) {
    throw new DurableRequestError("'createdTimeFrom' must be given, as a date and time.")
  }
  return notFound
}

function answerControl(verb: string): DurableAnswer | undefined {
  if (verb === 'restart') {
    throw new DurableRequestError('InstanceId does not match a valid orchestration instance.')
  }
  return controlVerbs.has(verb) ? notFound : undefined
}
