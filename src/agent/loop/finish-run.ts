import { refuse } from '../../core/check-options.js'
import { AgentError, type Issue } from '../../core/errors.js'
import type { Content } from '../../core/messages.js'
import type { AgentResponse } from '../../core/response.js'
import { type CutOff, toCutOff, toResponse } from '../../run/to-response.js'
import { toAnswerText } from '../../run/turn-messages.js'
import type { ContextProvider } from '../agent-definition.js'
import { recordStateChanges, toMiddlewareContext, toProviderContext } from './equip-run.js'
import { readGiven } from './read-given.js'
import type { EquippedRun } from './run-context.js'
import { parseAnswer, toAnswer } from './to-answer.js'
import { withinTimeLeft } from './within-time-left.js'

/**
 * Ends a run that has its answer. The agent's providers see it first, then its middleware from the inside out. An answer
 * that does not fit the schema that was asked for is sent back to the model, once.
 */
export async function finishRun(context: EquippedRun): Promise<void> {
  const { agent, journal, correlationId } = context
  refuseNothing(context)
  const parsed = await parseAnswer(context, toAnswerText(journal.state))
  if (!parsed.ok) return rejectAnswer(context, parsed.issues)
  const response = { ...toResponse(journal.state, correlationId), value: parsed.value }
  if (journal.state.prepared?.answer === undefined)
    await Promise.all(agent.contextProviders.map((provider) => tellProvider(provider, context, response)))
  const text = await askMiddleware(context, response)
  const changed = text === response.text ? parsed : await parseAnswer(context, text)
  if (!changed.ok) throw createUnmetError(changed.issues)
  context.signal.throwIfAborted()
  recordStateChanges(context)
  journal.record({ type: 'run.completed', data: toAnswer(context, text, changed.value) })
}

/** What was cut off before anything was said is no answer. @throws {AgentError} `answer_cut_off`. */
function refuseNothing({ agent, journal: { state } }: EquippedRun): void {
  const cut = toCutOff(state)
  if (cut === undefined || state.steps.at(-1)?.message.contents.some(isSaid)) return
  throw new AgentError('answer_cut_off', `${nothings[cut]} ${toAdvice(cut, agent.name)}`.trimEnd())
}

function isSaid(content: Content): boolean {
  if (content.type === 'text') return content.text.trim() !== ''
  return content.type !== 'reasoning' && content.type !== 'provider'
}

const nothings: Readonly<Record<CutOff, string>> = {
  length: 'The model had used up the tokens that it may answer with before it had said anything whole.',
  content_filter: "The content filter of the model's provider left nothing of the answer.",
}

function toAdvice(cut: CutOff | undefined, agent: string): string {
  if (cut !== 'length') return ''
  return `Raise maxOutputTokens in the modelSettings of agent "${agent}", or have it reason less.`
}

/** A refusal stays one however often it is asked for, and what middleware said the model cannot mend. */
function rejectAnswer({ agent, journal }: EquippedRun, misfits: readonly Issue[]): void {
  const { steps, rejections } = journal.state
  const last = steps.at(-1)
  const refusal = last?.message.contents.find((content) => content.type === 'error')
  if (refusal !== undefined)
    throw createUnmetError([{ path: '', message: `it is a refusal: ${refusal.message}` }])
  const cut = toCutOff(journal.state)
  // The model, which is shown the answer as if it were whole, cannot see it.
  const issues = cut === undefined ? misfits : [...misfits, { path: '', message: cuts[cut] }]
  if (last === undefined || rejections.length > 0) throw createUnmetError(issues, toAdvice(cut, agent.name))
  journal.record({ type: 'answer.rejected', data: { step: last.step, issues } })
}

const cuts: Readonly<Record<CutOff, string>> = {
  length: 'it was too long and cut off',
  content_filter: 'a content filter cut it off',
}

function createUnmetError(issues: readonly Issue[], advice = ''): AgentError {
  const message = `The answer does not fit the schema that was asked for. ${advice}`.trimEnd()
  return new AgentError('response_schema_unmet', message, { issues })
}

async function tellProvider(
  provider: ContextProvider,
  context: EquippedRun,
  response: AgentResponse,
): Promise<void> {
  try {
    await withinTimeLeft(context, `"${provider.name}"`, async (signal) =>
      provider.afterRun?.(toProviderContext(context, provider.name, signal), response),
    )
  } catch (error) {
    context.onError(error)
  }
}

/** The answer's text as middleware leaves it. Who gave the answer in place of the model, and those further in, are not asked. */
async function askMiddleware(context: EquippedRun, response: AgentResponse): Promise<string> {
  const { agent, journal } = context
  const layers = agent.middleware.slice(0, journal.state.prepared?.answer?.by)
  if (layers.every(({ afterRun }) => afterRun === undefined)) return response.text
  let { text } = response
  for (const middleware of layers.toReversed()) {
    const changed = await withinTimeLeft(context, 'Middleware', async (signal) =>
      middleware.afterRun?.(toMiddlewareContext(context, signal), { ...response, text }),
    )
    const given = readGiven('afterRun of a middleware', changed ?? undefined, { text: 'text' })
    // Whoever forgets to return what is redacted must not send out what is not.
    if (given !== undefined && 'text' in given && given.text === undefined)
      refuse('afterRun of a middleware gave a text that is undefined.')
    text = given?.text ?? text
  }
  return text
}
