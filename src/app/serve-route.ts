import { app, type HttpRequest, type InvocationContext } from '@azure/functions'
import * as df from 'durable-functions'
import type { Agent } from '../agent/agent.js'
import { withInvocationTrace } from '../agent/telemetry/invocation-trace.js'
import { AgentError } from '../core/errors.js'
import { type Answer, toErrorAnswer } from '../http/answers.js'
import { refuseForgedRequest } from '../http/forged-request.js'
import { refuseHeaderQuery } from '../http/read-body.js'
import { createRequestError } from '../http/request-errors.js'
import type { AgentExposure, HttpMethod, HttpSettings, IncomingRequest, Route } from '../http/route.js'
import type { WorkflowDefinition } from '../orchestration/workflow/workflow-definition.js'
import type { RunLog } from '../run/run-log.js'
import {
  type ForwardedRequest,
  hasStrayBody,
  onClose,
  readHeaders,
  takeForwarded,
} from './forwarded-requests.js'
import type { OwnerReader } from './owner.js'
import type { SessionClients } from './session-clients.js'

/** What all routes of an app share. */
export interface RouteServices {
  readonly agents: readonly Agent[]
  readonly exposures: ReadonlyMap<Agent, AgentExposure>
  readonly workflows: readonly WorkflowDefinition[]
  readonly log: RunLog
  readonly clients: SessionClients
  readonly settings: HttpSettings
  readonly owner: OwnerReader
  readonly authLevel: 'anonymous' | 'function' | 'admin'
}

/** Registers an HTTP function for a route. It always answers: with HTTP streaming on, a throw would leave the caller hanging. */
export function serveRoute(route: Route, services: RouteServices): void {
  app.http(route.name, {
    route: route.path,
    methods: Object.keys(route.handlers) as HttpMethod[],
    authLevel: services.authLevel,
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      withInvocationTrace(context, request.headers, () => answer(route, services, request, context)),
  })
}

async function answer(
  route: Route,
  services: RouteServices,
  incoming: HttpRequest,
  context: InvocationContext,
): Promise<Answer> {
  const onError = (error: unknown) => reportError(error, context)
  try {
    const forwarded = takeForwarded(context.invocationId)
    if (forwarded !== undefined && hasStrayBody(forwarded)) {
      throw createRequestError([{ path: 'body', message: 'is not allowed with this method' }])
    }
    const request = toRequest(incoming, forwarded)
    const url = new URL(request.url)
    refuseHeaderQuery(url.searchParams)
    refuseForgedRequest(request)
    const handler = route.handlers[request.method as HttpMethod]
    if (handler === undefined)
      throw new AgentError('not_found', `There is no ${request.method} ${url.pathname}.`)
    const sessions = services.clients.get(context)
    const owner = await services.owner(request)
    const workflowRuns = services.clients.getWorkflows(context)
    const { params } = incoming
    const onLeave = forwarded && ((listener: () => void) => onClose(forwarded, listener))
    return await handler({
      ...services,
      request,
      url,
      params,
      owner,
      sessions,
      workflowRuns,
      onError,
      onLeave,
    })
  } catch (error) {
    onError(error)
    return (route.toErrorAnswer ?? toErrorAnswer)(error)
  }
}

/** A request with the headers that it really had. Its body is made a stream only for those who ask for it. */
function toRequest(incoming: HttpRequest, forwarded: ForwardedRequest | undefined): IncomingRequest {
  const seen = incoming as unknown as IncomingRequest
  if (forwarded === undefined) return seen
  const { method, url } = seen
  return {
    method,
    url,
    headers: readHeaders(forwarded),
    get body() {
      return seen.body
    },
  }
}

/** Most of our errors are the caller's; the others are worth a line, with what has caused them. */
function reportError(error: unknown, context: InvocationContext): void {
  const isCallers =
    error instanceof AgentError && !['store_unavailable', 'invalid_configuration'].includes(error.code)
  if (!isCallers) context.error(error)
}
