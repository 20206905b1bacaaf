import type { OpenAI } from 'openai'
import type { ChatRequest } from '../chat-client.js'
import { type ModelReply, readReply } from '../wire/model-reply.js'
import type { SilenceLimit } from '../wire/silence-limit.js'
import type { Connection } from './openai-connection.js'
import { toResponsesBody } from './responses-request.js'

/** How a client of the Responses API goes about its calls. */
export interface ResponsesSettings extends Connection<Pick<OpenAI, 'responses'>> {
  readonly model: string
  readonly stream: boolean
  readonly timeoutMs: number
  readonly store: boolean
  readonly pollIntervalMs: number
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** What this model has turned out not to take. */
  readonly findings: { refusesEncryptedReasoning: boolean }
}

/**
 * Asks for a response. When the API does not take what only serves to remember (encrypted reasoning from elsewhere, a
 * conversation that it has forgotten), it is asked again without.
 * @throws what the `openai` package throws, or the limit's reason.
 */
export async function createResponse(
  settings: ResponsesSettings,
  request: ChatRequest,
  limit: SilenceLimit,
): Promise<ModelReply> {
  const { model, stream, timeoutMs, findings } = settings
  const { responses } = await limit.wait(settings.connect())
  const options = { signal: limit.signal, maxRetries: 0, timeout: timeoutMs }
  const plan = { chains: settings.store, sendsReasoning: true }
  for (;;) {
    const encryptedReasoning = !findings.refusesEncryptedReasoning
    const store = settings.store || request.background === true
    const body = toResponsesBody(request, { model, stream, store, encryptedReasoning, ...plan })
    try {
      return await readReply(responses.create(body, options), { limit, raw: settings.isOurs && stream })
    } catch (error) {
      if (!changeCourse(error, plan, findings)) throw error
    }
  }
}

/** Gives up what the API has just refused; false when it refused something else, or that is given up already. */
function changeCourse(
  error: unknown,
  plan: { chains: boolean; sendsReasoning: boolean },
  findings: ResponsesSettings['findings'],
): boolean {
  const { param, code } = readRefusal(error)
  if (param === 'include' && !findings.refusesEncryptedReasoning) {
    findings.refusesEncryptedReasoning = true
    return true
  }
  if (param === 'previous_response_id' && plan.chains) {
    plan.chains = false
    return true
  }
  if (code === 'invalid_encrypted_content' && plan.sendsReasoning) {
    plan.sendsReasoning = false
    return true
  }
  return false
}

// Read by shape, not by class: the client may come from another copy of the package.
function readRefusal(error: unknown): { readonly param?: unknown; readonly code?: unknown } {
  return error instanceof Error && 'param' in error && 'code' in error ? error : {}
}

/** The events of a background response after one of them, or from the first. @throws as {@link createResponse}. */
export async function readEvents(
  settings: ResponsesSettings,
  { response, after }: { readonly response: string; readonly after?: number | undefined },
  limit: SilenceLimit,
): Promise<ModelReply> {
  const { responses } = await limit.wait(settings.connect())
  const query = { stream: true as const, ...(after !== undefined && { starting_after: after }) }
  const options = { signal: limit.signal, maxRetries: 0, timeout: settings.timeoutMs }
  return readReply(responses.retrieve(response, query, options), { limit, raw: settings.isOurs })
}

/** A background response as it stands. @throws as {@link createResponse}. */
export async function readResponse(
  settings: ResponsesSettings,
  response: string,
  limit: SilenceLimit,
): Promise<unknown> {
  const { responses } = await limit.wait(settings.connect())
  const options = { signal: limit.signal, maxRetries: 0, timeout: settings.timeoutMs }
  return await limit.wait(responses.retrieve(response, {}, options))
}

/** Ends a background response. @throws as {@link createResponse}. */
export async function cancelResponse(
  settings: ResponsesSettings,
  response: string,
  limit: SilenceLimit,
): Promise<void> {
  const { responses } = await limit.wait(settings.connect())
  const options = { signal: limit.signal, maxRetries: 0, timeout: settings.timeoutMs }
  await limit.wait(responses.cancel(response, options))
}
