import type { Agent } from '../../../../agent/agent.js'
import type { RunOptions, RunRequest } from '../../../../run/events.js'
import type { RunKey } from '../../../../run/run-log.js'
import { createRunRequest } from '../../../../session/client/run-request.js'
import { takeInstructions } from '../../../caller-instructions.js'
import { refuseUnknown } from '../../../parse-query.js'
import { parseShape } from '../../../parse-shape.js'
import { readJsonBody } from '../../../read-body.js'
import { createFieldError } from '../../../request-errors.js'
import type { Call } from '../../../route.js'
import type { PlacedResult } from '../../../take-results.js'
import { findAgent } from '../../find-agent.js'
import { toTooling } from '../caller-tooling.js'
import { parseResponseSchema } from '../parse-response-schema.js'
import { type ChatBody, chatBody } from './chat-body.js'
import { type ChatIds, parseChatIds } from './chat-ids.js'
import type { ChatBodyMessage } from './chat-message-body.js'
import { toNewMessages } from './chat-messages.js'
import { type ChatResults, findEarlierResults, parseResults } from './chat-results.js'
import { splitMessages } from './split-messages.js'

/** A request for a chat completion, checked in every part. */
export interface ChatRequest {
  readonly agent: Agent
  readonly key: RunKey
  readonly asked: ChatAsked
  readonly stream: boolean
  /** Whether a stream ends with what the run has spent. */
  readonly includeUsage: boolean
}

/** What a run is begun with, or goes on with. */
export type ChatAsked =
  | {
      readonly type: 'message'
      readonly request: RunRequest
      /** What the client's tools gave before the user said this. */
      readonly before: ChatResults | undefined
    }
  | { readonly type: 'results'; readonly results: readonly PlacedResult[]; readonly options: RunOptions }

/** Reads a request. @throws {AgentError} `invalid_request`, `conflicting_session_id`, `not_found`, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseChatRequest(call: Call): Promise<ChatRequest> {
  const { request, url, owner, settings } = call
  refuseUnknown(url.searchParams, ['code'])
  const body = parseShape(chatBody, await readJsonBody(request, settings.maxBodyBytes))
  const agent = findAgent(call, 'model', body.model)
  const ids = parseChatIds(call, body.metadata)
  const { said, instructions: given } = splitMessages(body.messages)
  const instructions = takeInstructions(settings.callerInstructions, given)
  const options = { ...toOptions(agent, body), instructions }
  const answered = parseResults(said)
  const named = { agent: agent.name, session: ids.sessionId, run: ids.correlationId }
  return {
    agent,
    ...(answered === undefined
      ? {
          key: named,
          asked: {
            type: 'message',
            request: toRequest(said, body, { ...ids, options, owner }),
            before: findEarlierResults(said, agent.name),
          },
        }
      : {
          key: toAnsweredKey(answered, ids.inSession ? named : { ...named, session: undefined }),
          asked: { type: 'results', results: answered.results, options },
        }),
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
  }
}

function toRequest(
  said: readonly ChatBodyMessage[],
  { metadata }: ChatBody,
  { inSession, options, owner }: Pick<ChatIds, 'inSession'> & Pick<RunRequest, 'options' | 'owner'>,
): RunRequest {
  const { session_id: _session, ...kept } = metadata ?? {}
  return createRunRequest({
    messages: toNewMessages(said, { inSession }),
    options,
    owner,
    metadata: Object.keys(kept).length === 0 ? undefined : kept,
  })
}

/** The run that results are for; what else the request names has to be where that run is. */
function toAnsweredKey(
  { key, results }: ChatResults,
  { agent, session = key.session }: { readonly agent: string; readonly session: string | undefined },
): RunKey {
  const path = results[0]?.path ?? ''
  if (key.agent !== agent) throw createFieldError(path, `is a tool call of ${key.agent}, not of ${agent}`)
  if (key.session !== session) throw createFieldError(path, 'is of another session than the request')
  return key
}

function toOptions(agent: Agent, body: ChatBody): RunOptions {
  const { tools, tool_choice: choice, response_format: format } = body
  const schema = format?.type === 'json_schema' ? format.json_schema.schema : undefined
  const tooling = toTooling(agent, {
    tools: (tools ?? []).map((tool) => tool.function),
    toPath: (index) => `tools.${index}.function`,
    choice: typeof choice === 'object' ? choice?.function : choice,
    isParallel: body.parallel_tool_calls,
  })
  const enableToolCalls = tooling.enableToolCalls && body.function_call !== 'none'
  const responseSchema = parseResponseSchema(format?.type, schema, 'response_format.json_schema.schema')
  return { ...tooling, enableToolCalls, responseSchema }
}
