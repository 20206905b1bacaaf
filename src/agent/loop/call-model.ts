import { AgentError } from '../../core/errors.js'
import type { JsonObject } from '../../core/json.js'
import { type ChatMessage, createTextMessage, type ToolChoice, toFunctionCalls } from '../../core/messages.js'
import { raceAbort } from '../../core/race-abort.js'
import { toStrictSchema } from '../../core/strict-schema.js'
import { toWellFormed } from '../../core/well-formed.js'
import { WorkLimit } from '../../core/work-limit.js'
import type { ChatRequest, ResponseFormat } from '../../model/chat-client.js'
import { toAskedMessages } from '../../run/asked-messages.js'
import { toPromptMessages } from '../../run/turn-messages.js'
import { askModel } from './ask-model.js'
import { parkInBackground } from './background-answer.js'
import type { RunContext } from './run-context.js'
import { toAnswerSchema } from './to-answer.js'
import { checkRunEnd, toStepTimeout } from './within-time-left.js'

/** Makes one model call: deltas go to the journal as they come, the finished answer as one record. A run whose model works on in the background is parked. */
export async function callModel(context: RunContext, step: number): Promise<void> {
  const { journal, limits, controls, clock } = context
  await journal.flush()
  const limitMs = toStepTimeout(context, limits.stepTimeoutMs)
  const limit = new WorkLimit([context.signal, controls.stop], limitMs, clock)
  try {
    const call = { step, request: toChatRequest(context), signal: limit.signal }
    // Not every client, and not every middleware, listens to its signal.
    const answer = await raceAbort(askModel(context, call), limit.signal)
    if (answer === undefined) return parkInBackground(context)
    const { usage, finishReason, model } = answer
    const message = withUniqueCallIds(answer.message, context, step)
    refuseTakenCalls(message, context)
    journal.record({ type: 'step.completed', data: { step, message, usage, finishReason, model } })
  } catch (cause) {
    if (!limit.timedOut) throw cause
    checkRunEnd(context)
    throw new AgentError('model_timeout', 'The model did not finish its answer in time.', {
      cause,
      retryable: true,
    })
  } finally {
    limit.end()
  }
}

/** An answer that is come back for twice says the same twice, but its tools must not run twice. */
function refuseTakenCalls(message: ChatMessage, { waiting }: RunContext): void {
  if (toFunctionCalls(message).length === 0 || !waiting.isTaken?.(message)) return
  throw new AgentError(
    'invalid_request',
    'The session has the tool calls that this continuationToken stands for, and what came of them. Go on with the token that came then, or without any: agent.run([], { session }).',
  )
}

function toChatRequest(context: RunContext): ChatRequest {
  const { agent } = context
  const tools = context.tools.map((tool) => tool.declaration)
  const schema = toAnswerSchema(context)
  return {
    ...agent.modelSettings,
    messages: toWellFormed(toMessages(context)),
    ...(tools.length === 0 ? noTools : { tools, toolChoice: toToolChoice(context) }),
    responseFormat: schema === undefined ? undefined : toResponseFormat(schema),
  }
}

function toResponseFormat(schema: JsonObject): ResponseFormat {
  const strict = toStrictSchema(schema)
  return { name: 'response', ...(strict === undefined ? { schema } : { schema: strict, strict: true }) }
}

const noTools = { tools: undefined, toolChoice: undefined }

/** What the model must call it must call once: else no run would ever come to an answer. */
function toToolChoice({ agent, journal, request }: RunContext): ToolChoice | undefined {
  const choice = request.options.toolChoice ?? agent.modelSettings.toolChoice
  const isForced = choice === 'required' || typeof choice === 'object'
  return isForced && journal.state.steps.length > 0 ? 'auto' : choice
}

function toMessages({ agent, journal, history, request }: RunContext): readonly ChatMessage[] {
  const { prepared } = journal.state
  const instructions = prepared?.instructions ?? agent.instructions
  return [
    ...(instructions === undefined ? [] : [createTextMessage('system', instructions)]),
    ...history,
    ...(prepared?.messages ?? []),
    ...(prepared?.request ?? toAskedMessages(request)),
    ...toPromptMessages(journal.state),
  ]
}

/**
 * Results and effects are filed under call ids, so no two calls of a run may share one.
 * Security: decisions of humans are too, so a model must not be able to give two calls the same one.
 * Clients and middleware may be made without types: what they give is the assistant's, and its calls have ids, whatever they say.
 */
function withUniqueCallIds(message: ChatMessage, { journal }: RunContext, step: number): ChatMessage {
  const taken = new Set(journal.state.steps.flatMap(({ calls }) => calls.map(({ call }) => call.callId)))
  const contents = message.contents.map((content, index) => {
    if (content.type !== 'functionCall') return content
    const { callId: given }: { readonly callId: unknown } = content
    const isUsable = typeof given === 'string' && given !== '' && !taken.has(given)
    const callId = isUsable ? given : toFreeId(`call_${step}_${index}`, taken)
    taken.add(callId)
    return { ...content, callId }
  })
  return { ...message, role: 'assistant', contents }
}

/** The model may have used just the id that we would make. */
function toFreeId(made: string, taken: ReadonlySet<string>): string {
  let id = made
  while (taken.has(id)) id += '_'
  return id
}
