import type { OrchestrationContext } from 'durable-functions'
import {
  checkFlag,
  checkOptions,
  checkPairs,
  checkText,
  describeGiven,
  type OptionNames,
} from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import { findIdProblem, longestCorrelationId, longestSessionId } from '../core/find-id-problem.js'
import type { JsonValue } from '../core/json.js'
import type { ChatMessage } from '../core/messages.js'
import { type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import { AgentSessionId } from '../session/agent-session-id.js'
import { sealInput } from '../session/sealed-input.js'
import { agentRunOrchestrator } from './agent-run-orchestrator.js'
import { checkSessionOf } from './agent-run-result.js'
import { type AgentTask, toAgentTask } from './agent-task.js'
import type { AgentRunInput, RunCall } from './run-call.js'

export interface DurableRunOptions<ResponseSchema extends Schema | undefined = Schema | undefined> {
  /** The conversation that the message belongs to: from {@link DurableAgent.createSession}, or its key, 1-200 characters. @default a new one */
  readonly session?: AgentSessionId | string | undefined
  /** The shape of the answer; `value` of the result then has its type. @default text */
  readonly responseFormat?: ResponseSchema | undefined
  /** @default true */
  readonly enableToolCalls?: boolean | undefined
  /** Stored with the run, and given to its tools. @default none */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Whom a new session belongs to, and who must own one that exists. @default nobody */
  readonly owner?: string | undefined
  /** Names the run, 1-128 characters; the same id is the same run. @default a new one that replays give again */
  readonly correlationId?: string | undefined
}

const runOptions: OptionNames<DurableRunOptions> = {
  session: true,
  responseFormat: true,
  enableToolCalls: true,
  metadata: true,
  owner: true,
  correlationId: true,
}

/** Names a run that nobody waits for: it can be followed under these over HTTP. */
export interface SignalledRun {
  readonly sessionId: string
  readonly correlationId: string
}

/** An agent as an orchestrator uses it. */
export interface DurableAgent {
  readonly name: string
  /**
   * A conversation of its own, to be passed to several runs. Without `id`, the key is one that replays give again.
   * @throws {AgentError} `invalid_request` when `id` cannot be one: 1-200 characters, none of / \ # ? @ ' and no control characters.
   */
  createSession(id?: string): AgentSessionId
  /**
   * Runs the agent on a message and gives the task of it. However long the run takes, and whatever it waits for, the
   * orchestration waits at no cost. A failed run throws; see {@link AgentTask}.
   */
  run<ResponseSchema extends Schema | undefined = undefined>(
    input: string | readonly ChatMessage[],
    options?: DurableRunOptions<ResponseSchema>,
  ): AgentTask<ValueOf<ResponseSchema>>
  /** Starts a run without waiting for it. */
  signal(input: string | readonly ChatMessage[], options?: DurableRunOptions<undefined>): SignalledRun
}

type ValueOf<ResponseSchema> = ResponseSchema extends Schema
  ? SchemaOutput<ResponseSchema>
  : JsonValue | undefined

/**
 * An agent of this app, to be run by an orchestrator.
 *
 * @example
 * df.app.orchestration('writeTwice', function* (context) {
 *   const writer = getAgent(context, 'Writer')
 *   const session = writer.createSession()
 *   yield* writer.run('Write a line about the sea.', { session })
 *   const { text } = yield* writer.run('Make it shorter.', { session })
 *   return text
 * })
 */
export function getAgent(
  context: OrchestrationContext,
  agent: string | { readonly name: string },
): DurableAgent {
  const name = typeof agent === 'string' ? agent : agent?.name
  checkText('The agent that an orchestrator gets', name)
  const createId = () => context.df.newGuid(context.df.instanceId).replaceAll('-', '')
  const createSession = (id = createId()) =>
    new AgentSessionId(name, checkId('session', id, longestSessionId))
  const toInput = (input: string | readonly ChatMessage[], options: DurableRunOptions): AgentRunInput => {
    checkOptions('A run', options, runOptions)
    checkFlag('enableToolCalls of a run', options.enableToolCalls)
    checkPairs('metadata of a run', options.metadata)
    const session = toSession(name, options.session ?? createSession())
    const correlationId = checkId('correlationId', options.correlationId ?? createId(), longestCorrelationId)
    return { agent: name, session, request: toRunCall(input, options, correlationId) }
  }
  return {
    name,
    createSession,
    run<ResponseSchema extends Schema | undefined>(
      input: string | readonly ChatMessage[],
      options: DurableRunOptions<ResponseSchema> = {},
    ) {
      const call = toInput(input, options)
      const task = context.df.callSubOrchestrator(agentRunOrchestrator, sealInput(call))
      const schema = options.responseFormat as Schema<ValueOf<ResponseSchema>> | undefined
      return toAgentTask(task, toIds(call), schema)
    },
    signal(input, options = {}) {
      const call = toInput(input, options)
      const entity = new AgentSessionId(name, call.session).toEntityId()
      context.df.signalEntity(entity, 'run', { ...call.request, wait_for_response: false })
      return toIds(call)
    },
  }
}

function toIds({ session, request }: AgentRunInput): SignalledRun {
  return { sessionId: session, correlationId: request.correlationId }
}

function toSession(agent: string, session: AgentSessionId | string): string {
  if (typeof session !== 'string') checkSessionOf(agent, session)
  return checkId('session', typeof session === 'string' ? session : session.key, longestSessionId)
}

/** What no request may name could not be followed, decided about or deleted. */
function checkId(option: string, id: string, maxLength: number): string {
  const problem = findIdProblem(id, maxLength)
  if (problem !== undefined) throw new AgentError('invalid_request', `${option} ${problem}.`)
  return id
}

function toRunCall(
  input: string | readonly ChatMessage[],
  { enableToolCalls = true, responseFormat, metadata, owner }: DurableRunOptions,
  correlationId: string,
): RunCall {
  checkInput(input)
  return {
    correlationId,
    ...(typeof input === 'string' ? { message: input } : { messages: input }),
    enable_tool_calls: enableToolCalls,
    response_schema: responseFormat === undefined ? undefined : toJsonSchema(responseFormat),
    metadata,
    owner,
  }
}

function checkInput(input: unknown): void {
  if ((typeof input === 'string' || Array.isArray(input)) && input.length > 0) return
  const message = `A run needs a message, a text that is not empty or a list, not ${describeGiven(input)}.`
  throw new AgentError('invalid_request', message)
}
