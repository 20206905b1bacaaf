import type { JsonObject } from '../../core/json.js'
import { toJsonSchema } from '../../core/schema.js'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import { waitFields } from '../caller-wishes.js'
import {
  eventStream,
  problem,
  ref,
  text,
  toAnyForm,
  toHeader,
  toJsonOrText,
  toLimit,
  toList,
  toObject,
  toOperation,
  toPathParameter,
  toQuery,
  toSchema,
} from '../openapi-parts.js'
import { answerBody } from './workflow-answer-handlers.js'

const time = { type: 'string', format: 'date-time' }
const ids = { instanceId: text, runId: text }
const error = {
  type: ['object', 'null'],
  properties: { node: text, code: text, message: text, retryable: { type: 'boolean' } },
}

const pendingRequest = {
  type: 'object',
  properties: {
    requestId: text,
    sourceExecutor: text,
    requestData: {},
    requestType: text,
    responseType: {},
    responseSchema: { type: 'object' },
    openedAt: time,
    expiresAt: { type: ['string', 'null'], format: 'date-time' },
    respondUrl: text,
  },
}

/** What the routes of workflows take and answer with, as JSON Schemas by name. */
export const workflowSchemas: JsonObject = {
  WorkflowQuestions: toObject(
    {
      questions: toList({
        ...pendingRequest,
        properties: { workflow: text, instanceId: text, ...pendingRequest.properties },
      }),
      next_after: { type: 'integer' },
    },
    ['questions'],
  ),
  WorkflowAnswer: toSchema(answerBody),
  WorkflowAccepted: {
    type: 'object',
    properties: { ...ids, statusQueryGetUri: text, respondUri: text, eventsUri: text, message: text },
  },
  WorkflowEnd: {
    type: 'object',
    properties: { ...ids, runtimeStatus: text, workflowStatus: text, output: {}, result: {}, error },
  },
  WorkflowStatus: {
    type: 'object',
    properties: {
      ...ids,
      runtimeStatus: text,
      status: text,
      customStatus: {},
      output: {},
      error,
      createdTime: time,
      lastUpdatedTime: time,
      pendingHumanInputRequests: { type: 'array', items: pendingRequest },
      waitingForInput: {
        type: 'array',
        items: { type: 'object', properties: { eventName: text, input: {} } },
      },
      eventsUri: text,
    },
  },
}

/** The paths of all workflows together; none when there is none. */
export function toCommonWorkflowPaths(workflows: readonly WorkflowDefinition[]): JsonObject {
  if (workflows.length === 0) return {}
  const list = toOperation(
    'The questions that wait for a human, as far as the caller may answer them',
    { 200: ref('WorkflowQuestions') },
    [
      toLimit('Most runs to look at. Default 50.'),
      toQuery('after', { type: 'integer', minimum: 0 }, 'The next_after of an earlier page.'),
    ],
  )
  return { '/workflows/questions': { get: list } }
}

/** The paths of one workflow, in both spellings. */
export function toWorkflowPaths(workflow: WorkflowDefinition): JsonObject {
  const { name } = workflow
  const instanceId = toPathParameter('instanceId')
  const events = {
    get: {
      ...toOperation("A run's events, with those of its agents' runs and nested workflows", {}, [
        instanceId,
        toQuery('after', text, 'Only events after the one with this id.'),
        toHeader('Last-Event-ID', text, 'As `after`; wins over it.'),
      ]),
      responses: { 200: eventStream, default: problem },
    },
  }
  const spelled = ['workflow', 'workflows'].map((spelling) =>
    toSpelledPaths(workflow, `/${spelling}/${name}`),
  )
  return Object.assign({}, ...spelled, { [`/workflows/${name}/runs/{instanceId}/events`]: events })
}

function toSpelledPaths(workflow: WorkflowDefinition, base: string): JsonObject {
  const instanceId = toPathParameter('instanceId')
  return {
    [`${base}/run`]: { post: toStartOperation(workflow) },
    [`${base}/status/{instanceId}`]: {
      get: toOperation('How far a run is, what it gave and what it asks', { 200: ref('WorkflowStatus') }, [
        instanceId,
      ]),
    },
    [`${base}/respond/{instanceId}/{requestId}`]: {
      post: {
        ...toOperation('Answer a request', { 200: { type: 'object' } }, [
          instanceId,
          toPathParameter('requestId'),
        ]),
        requestBody: toBody({}),
      },
    },
    [`${base}/respond/{instanceId}`]: {
      post: {
        ...toOperation('Answer a request by its name', { 202: { type: 'object' } }, [instanceId]),
        requestBody: toBody(ref('WorkflowAnswer')),
      },
    },
  }
}

function toStartOperation({ name, description, input }: WorkflowDefinition): JsonObject {
  return {
    summary: `Start ${name}`,
    description,
    parameters: [
      toQuery(
        'runId',
        text,
        'Makes repeating the request safe; as header: Idempotency-Key. Made when absent.',
      ),
      toHeader('Idempotency-Key', text, 'As runId.'),
      ...waitFields.map((name) =>
        toQuery(name, { type: 'boolean' }, 'Whether to answer only when the run has ended. Default false.'),
      ),
      toHeader('x-ms-wait-for-response', { type: 'boolean' }, 'As waitForResponse; wins over it.'),
      toQuery(
        'timeoutSeconds',
        { type: 'integer', minimum: 1, maximum: 200 },
        'How long to wait. Default 10.',
      ),
    ],
    requestBody: toBody(input === undefined ? {} : toJsonSchema(input)),
    responses: {
      200: toAnyForm('How the run ended, or its events', ref('WorkflowEnd')),
      202: toJsonOrText('The run was started', ref('WorkflowAccepted')),
      default: problem,
    },
  }
}

function toBody(schema: JsonObject): JsonObject {
  return { required: true, content: { 'application/json': { schema } } }
}
