import { type ChatMessage, createTextMessage } from '../core/messages.js'
import { type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import type { AgentDefinition, ModelSettings } from './agent-definition.js'
import type { AgentRunOptions } from './agent-run-options.js'
import { checkContinuation, checkInput, checkRunOptions } from './check-run-options.js'
import { createInMemoryDelegation } from './delegate-in-memory.js'
import type { StandaloneRun } from './run-standalone.js'

/** A run of an agent in memory, from what its caller says. @throws {AgentError} `invalid_request` for an input that is none and options that exclude each other, `invalid_configuration` for options that there are not, or whose type is another. */
export function toStandaloneRun<ResponseSchema extends Schema>(
  agent: AgentDefinition,
  input: string | readonly ChatMessage[] | undefined,
  options: AgentRunOptions<ResponseSchema>,
  { onEvent, followers }: Pick<StandaloneRun<unknown>, 'onEvent' | 'followers'>,
): StandaloneRun<SchemaOutput<ResponseSchema>> {
  checkRunOptions(agent, options)
  const { session, history = [], context = {}, metadata, enableToolCalls = true, toolChoice } = options
  const { tools = [], responseFormat, continuationToken, onApproval, onError = warn } = options
  checkInput(input, options)
  const messages = typeof input === 'string' ? [createTextMessage('user', input)] : (input ?? [])
  checkContinuation(agent, messages, continuationToken)
  const responseSchema =
    responseFormat === undefined ? undefined : toJsonSchema(responseFormat, 'responseFormat')
  return {
    agent: {
      ...agent,
      tools: [...agent.tools, ...tools],
      modelSettings: toModelSettings(agent, options),
    },
    history,
    values: context,
    request: { messages, options: { enableToolCalls, toolChoice, responseSchema }, digest: '', metadata },
    continuationToken,
    followers,
    signal: options.signal ?? new AbortController().signal,
    onEvent,
    onApproval,
    onError,
    delegation: createInMemoryDelegation({ sessionId: session?.id, onApproval, onError }),
    responseFormat: (responseFormat ?? agent.responseFormat) as
      | Schema<SchemaOutput<ResponseSchema>>
      | undefined,
  }
}

/** What follows on a background answer is made in the background too. */
function toModelSettings(
  agent: AgentDefinition,
  { modelSettings, background, continuationToken }: AgentRunOptions,
): ModelSettings {
  const isBackground = background ?? (continuationToken === undefined ? undefined : true)
  const settings = { ...agent.modelSettings, ...modelSettings }
  return isBackground === undefined ? settings : { ...settings, background: isBackground }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
