import { randomUUID } from 'node:crypto'
import { parseWith } from '../../core/schema.js'
import type { WorkflowDefinition } from '../../orchestration/workflow/workflow-definition.js'
import { ownPrefix } from '../../orchestration/workflow/workflow-names.js'
import { type AnswerForm, parseWait, toAnswerForm, waitFields } from '../caller-wishes.js'
import { parseId } from '../ids.js'
import { parseCount, refuseUnknown } from '../parse-query.js'
import { readBody } from '../read-body.js'
import { createFieldError, createRequestError } from '../request-errors.js'
import type { Call, IncomingRequest } from '../route.js'

/** A request to start a workflow, checked in every part. */
export interface ParsedWorkflowRun {
  readonly runId: string
  readonly input: unknown
  /** How long to wait for the end; ms. `undefined` when the caller does not wait. */
  readonly waitMs: number | undefined
  readonly form: AnswerForm
}

/** Reads a request to start a workflow, as the .NET and Python agents take it. @throws {AgentError} `invalid_request` naming the field. */
export async function parseWorkflowRun(
  { request, url, settings }: Call,
  workflow: WorkflowDefinition,
): Promise<ParsedWorkflowRun> {
  const query = url.searchParams
  refuseUnknown(query, ['runId', ...waitFields, 'timeoutSeconds', 'code'])
  const timeoutSeconds = parseCount(query, 'timeoutSeconds', { min: 1, max: 200 }) ?? 10
  const wait = parseWait(request.headers, query) ?? false
  return {
    runId: parseRunId(chooseRunId(query.get('runId'), request.headers.get('idempotency-key'))),
    input: await parseInput(request, settings.maxBodyBytes, workflow),
    waitMs: wait ? timeoutSeconds * 1000 : undefined,
    form: toAnswerForm(request.headers),
  }
}

function chooseRunId(query: string | null, header: string | null): string {
  if (query !== null && header !== null && query !== header) {
    throw createFieldError('runId', 'differs from the header Idempotency-Key')
  }
  return query ?? header ?? randomUUID()
}

/** The id of a run: 1-100 characters. Security: none of our own orchestrations, such as those of nested workflows. */
export function parseRunId(text: string): string {
  const id = parseId('runId', text, 100)
  if (id.toLowerCase().startsWith(ownPrefix))
    throw createFieldError('runId', `must not begin with "${ownPrefix}"`)
  return id
}

async function parseInput(
  request: IncomingRequest,
  maxBytes: number,
  { input }: WorkflowDefinition,
): Promise<unknown> {
  const body = await readBody(request, maxBytes)
  if (body.kind === 'text' && body.text.trim() === '') throw createFieldError('body', 'must not be empty')
  const value = body.kind === 'text' ? body.text : body.value
  if (input === undefined) return value
  const parsed = await parseWith(input, value)
  if (parsed.ok) return parsed.value
  throw createRequestError(parsed.issues)
}
