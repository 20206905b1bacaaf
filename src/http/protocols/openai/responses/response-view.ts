import type { FunctionTool, Response, ResponseUsage } from 'openai/resources/responses/responses'
import type { Usage } from '../../../../core/messages.js'
import type { CallerTool, RunRequest, TerminalEvent } from '../../../../run/events.js'
import { type OpenAiError, toOpenAiError } from '../openai-errors.js'
import { type ResponseKey, toResponseId } from './response-id.js'

/** A failure as a response tells it; `code` is ours. OpenAI's have no `type`, but the AI SDK reads none without. */
export type ResponseFailure = Pick<OpenAiError, 'type' | 'code' | 'message'>

/** A response as it goes over the wire. Source: OpenAI API reference, "The response object", as the `openai` package types it. */
export type ResponseView = Omit<Response, 'output_text' | 'error' | 'access_programs'> & {
  readonly error: ResponseFailure | null
}

/** What a response is made of. */
export interface ResponseFacts {
  readonly key: ResponseKey
  readonly request: RunRequest | undefined
  /** ms since 1970. */
  readonly createdAt: number
  /** ms since 1970; `undefined` while it is being made. */
  readonly endedAt: number | undefined
  /** Whether its run was ever begun. */
  readonly isBegun: boolean
  /** How its run ended; `undefined` when it has not, or waits for a human or its caller. */
  readonly outcome: TerminalEvent | undefined
  /** Whether it ended with an answer, which a refusal is too. */
  readonly isAnswered: boolean
  /** Why the model stopped last. */
  readonly finishReason: string | undefined
  readonly output: Response['output']
  readonly usage: Usage
}

/** A response as it stands. */
export function toResponseView(facts: ResponseFacts): ResponseView {
  const { key, request, createdAt, endedAt, output, usage } = facts
  const status = toStatus(facts)
  return {
    id: toResponseId(key),
    object: 'response',
    created_at: toSeconds(createdAt),
    completed_at: status === 'completed' && endedAt !== undefined ? toSeconds(endedAt) : null,
    status,
    error: toFailure(facts),
    incomplete_details:
      status === 'incomplete' ? { reason: toIncompleteReason(facts) ?? 'content_filter' } : null,
    model: key.agent,
    conversation: { id: key.session },
    previous_response_id: toPreviousId(key),
    output,
    usage: endedAt === undefined ? undefined : toUsage(usage),
    metadata: request?.metadata ?? {},
    text: { format: toFormat(request) },
    tool_choice: toToolChoice(request),
    // The agent's own are nobody's to read here.
    tools: (request?.options.tools ?? []).map(toFunctionTool),
    instructions: request?.options.instructions ?? null,
    // What the agent has of these is its own, too.
    parallel_tool_calls: true,
    temperature: null,
    top_p: null,
  }
}

function toPreviousId(key: ResponseKey): string | null {
  const before = key.first - 1
  return before < 0 ? null : toResponseId({ ...key, first: before, part: before })
}

function toStatus(facts: ResponseFacts): NonNullable<Response['status']> {
  if (facts.endedAt === undefined) return facts.isBegun ? 'in_progress' : 'queued'
  if (facts.isAnswered) return toIncompleteReason(facts) === undefined ? 'completed' : 'incomplete'
  if (facts.outcome === undefined) return 'completed'
  return facts.outcome.type === 'run.cancelled' ? 'cancelled' : 'failed'
}

function toIncompleteReason({
  finishReason,
}: ResponseFacts): 'max_output_tokens' | 'content_filter' | undefined {
  if (finishReason === 'length') return 'max_output_tokens'
  return finishReason === 'content_filter' ? 'content_filter' : undefined
}

function toFailure({ outcome, isAnswered }: ResponseFacts): ResponseFailure | null {
  if (isAnswered || outcome?.type !== 'run.failed') return null
  const { type, code, message } = toOpenAiError(outcome.data)
  return { type, code, message }
}

function toFormat(request: RunRequest | undefined): NonNullable<Response['text']>['format'] {
  const schema = request?.options.responseSchema
  return schema === undefined
    ? { type: 'text' }
    : { type: 'json_schema', name: 'response', schema: { ...schema } }
}

function toToolChoice(request: RunRequest | undefined): Response['tool_choice'] {
  if (request?.options.enableToolCalls === false) return 'none'
  const choice = request?.options.toolChoice ?? 'auto'
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name }
}

function toFunctionTool({ name, description, parameters }: CallerTool): FunctionTool {
  return { type: 'function', name, description, parameters: { ...parameters }, strict: true }
}

function toUsage({ inputTokens, outputTokens, totalTokens }: Usage): ResponseUsage {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: totalTokens,
  }
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
