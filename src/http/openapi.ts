import type { Agent } from '../agent/agent.js'
import type { JsonObject } from '../core/json.js'
import { type Answer, createJsonAnswer } from './answers.js'
import { decisionBody } from './approval-handler.js'
import { waitFields } from './caller-wishes.js'
import { cancelBody } from './cancel-handler.js'
import {
  eventStream,
  pageParameters,
  problem,
  ref,
  text,
  toAnyForm,
  toHeader,
  toLimit,
  toOperation,
  toPathParameter,
  toQuery,
  toResponse,
  toSchema,
} from './openapi-parts.js'
import { openApiSchemas } from './openapi-schemas.js'
import { describeRoutes } from './protocols/describe-routes.js'
import type { DialectRoute } from './protocols/dialect-route.js'
import { toReachable } from './reachable-agents.js'
import { resultsBody } from './results-handler.js'
import type { Call, Handler } from './route.js'
import { runBody, sessionFields } from './run-body.js'
import { toCommonWorkflowPaths, toWorkflowPaths, workflowSchemas } from './workflows/workflow-openapi.js'

/** What an app serves beside the routes of its agents and workflows. */
export interface AppSurface {
  /** Whether `GET health` is served. */
  readonly health: boolean
  /** Whether `GET allowance` is served. */
  readonly allowance: boolean
  /** Whether `GET chat` is served. */
  readonly chatPage: boolean
  /** The routes of the dialects that are spoken. */
  readonly dialects: readonly DialectRoute[]
}

/** What of an app an OpenAPI document tells. */
type Surface = AppSurface & Pick<Call, 'agents' | 'workflows' | 'authLevel'>

/** `GET openapi.json`: this surface as OpenAPI 3.1. */
export function createOpenApiHandler(surface: AppSurface): Handler {
  return async function handleOpenApi(call: Call): Promise<Answer> {
    const { workflows, url, authLevel } = call
    const prefix = url.pathname.replace(/\/openapi\.json\/?$/i, '')
    const served = { ...surface, agents: toReachable(call), workflows, authLevel }
    return createJsonAnswer(await createOpenApi(served, `${url.origin}${prefix}`))
  }
}

/** The OpenAPI document of an app's routes; request bodies come from the schemas that parse them. */
export async function createOpenApi(
  { agents, workflows, health, allowance, chatPage, dialects, authLevel }: Surface,
  server: string,
): Promise<JsonObject> {
  const described = await describeRoutes(dialects, agents)
  const paths = Object.assign({}, ...agents.map(toAgentPaths), ...workflows.map(toWorkflowPaths))
  return {
    openapi: '3.1.0',
    info: { title: 'Durable agents', version: '1' },
    servers: [{ url: server }],
    ...(authLevel === 'anonymous'
      ? {}
      : { security: Object.keys(keySchemes).map((name) => ({ [name]: [] })) }),
    paths: {
      ...paths,
      ...toCommonWorkflowPaths(workflows),
      ...described.paths,
      '/agents': { get: toOperation('List the agents', { 200: ref('Agents') }) },
      ...(allowance ? { '/allowance': { get: allowanceOperation } } : {}),
      '/approvals': { get: approvalsOperation },
      ...(health ? { '/health': { get: toHealthOperation() } } : {}),
      ...(chatPage ? { '/chat': { get: chatPageOperation } } : {}),
      '/openapi.json': { get: toOperation('This document', { 200: { type: 'object' } }) },
    },
    components: {
      ...(authLevel === 'anonymous' ? {} : { securitySchemes: keySchemes }),
      schemas: {
        ...openApiSchemas,
        ...workflowSchemas,
        ...described.schemas,
        RunRequest: toSchema(runBody),
        Decision: toSchema(decisionBody),
        Cancellation: toSchema(cancelBody),
        ToolResults: toSchema(resultsBody),
      },
    },
  }
}

/** Where the Functions host looks for a function's key; one of the two is enough. */
const keySchemes = {
  keyInHeader: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
  keyInQuery: { type: 'apiKey', in: 'query', name: 'code' },
}

const chatPageOperation = {
  summary: 'The page to talk to the agents on',
  security: [],
  responses: { 200: { description: 'The page', content: { 'text/html': { schema: text } } } },
}

const allowanceOperation = toOperation('What the caller has spent of what they may', { 200: ref('Balance') })

const approvalsOperation = toOperation(
  'The tool calls that wait for a human, as far as the caller may decide about them',
  { 200: ref('Approvals') },
  [
    toLimit('Most runs to look at. Default 50.'),
    toQuery('after', { type: 'integer', minimum: 0 }, 'The next_after of an earlier page.'),
  ],
)

function toHealthOperation(): JsonObject {
  return toOperation('Whether the app is well', { 200: ref('Health'), 503: ref('Health') }, [
    toQuery(
      'deep',
      { type: 'boolean' },
      'Also prove that the run log and the task hub can be read and written.',
    ),
  ])
}

function toAgentPaths({ name }: Agent): JsonObject {
  const base = `/agents/${name}`
  const session = `${base}/{sessionId}`
  const run = `${session}/runs/{correlationId}`
  const sessionId = toPathParameter('sessionId')
  const runIds = [sessionId, toPathParameter('correlationId')]
  return {
    [base]: {
      get: toOperation(`${name} and its sessions`, { 200: ref('Agent') }, [
        toLimit('Most sessions to give. Default 50.'),
        toQuery('before', { type: 'string' }, 'The next_before of an earlier page.'),
      ]),
    },
    [`${base}/run`]: { post: toRunOperation(name) },
    [session]: {
      get: toOperation('The conversation', { 200: ref('State') }, [
        sessionId,
        ...pageParameters,
        toQuery(
          'runs',
          { type: 'boolean' },
          'Whether each line names the run that it was said in, its model, and how many files came with it.',
        ),
      ]),
      delete: toOperation('Delete the session', { 204: undefined }, [sessionId]),
    },
    [`${session}/reset`]: { post: toOperation('Clear the history', { 204: undefined }, [sessionId]) },
    [run]: { get: toOperation("A run's outcome", { 200: ref('Outcome'), 202: ref('Pending') }, runIds) },
    [`${run}/cancel`]: {
      post: {
        ...toOperation('Cancel a run', { 200: ref('Outcome'), 202: ref('Pending') }, runIds),
        requestBody: { content: { 'application/json': { schema: ref('Cancellation') } } },
      },
    },
    [`${run}/results`]: {
      post: {
        ...toOperation(
          'Report tool calls that the caller has carried out',
          { 200: ref('Outcome'), 202: ref('Pending') },
          runIds,
        ),
        requestBody: { required: true, content: { 'application/json': { schema: ref('ToolResults') } } },
      },
    },
    [`${session}/approvals/{approvalId}`]: {
      post: {
        ...toOperation('Decide a waiting tool call', { 202: ref('Pending') }, [
          sessionId,
          toPathParameter('approvalId'),
        ]),
        requestBody: { required: true, content: { 'application/json': { schema: ref('Decision') } } },
      },
    },
    [`${run}/events`]: {
      get: {
        ...toOperation("A run's events", {}, [
          ...runIds,
          toQuery('after', { type: 'integer', minimum: 0 }, 'Only events after this one.'),
          toQuery(
            'times',
            { type: 'boolean' },
            'Whether `at` in the data of each event says when it was recorded.',
          ),
          toHeader('Last-Event-ID', { type: 'integer' }, 'As `after`; wins over it.'),
        ]),
        responses: { 200: eventStream, default: problem },
      },
    },
  }
}

function toRunOperation(agent: string): JsonObject {
  return {
    summary: `Send a message to ${agent}`,
    parameters: [
      ...sessionFields.map((name) => toQuery(name, { type: 'string' }, 'The conversation, as in the body.')),
      ...waitFields.map((name) => toQuery(name, { type: 'boolean' }, 'Wins over the body.')),
      toHeader(
        'x-ms-wait-for-response',
        { type: 'boolean' },
        'As waitForResponse; wins over query and body.',
      ),
      toHeader('Idempotency-Key', { type: 'string' }, 'As correlationId.'),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: ref('RunRequest') },
        'text/plain': { schema: { type: 'string' } },
      },
    },
    responses: {
      200: toAnyForm(
        'The answer; how its run has ended, where the request is sent again without waiting',
        ref('Outcome'),
      ),
      202: toResponse(ref('Pending')),
      default: problem,
    },
  }
}
