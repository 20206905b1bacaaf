import type { OpenAI } from 'openai'
import { isJsonObject } from '../../core/json.js'
import type { ChatClient, ModelProbe } from '../chat-client.js'
import { readStatus, toModelError } from '../provider-errors.js'
import type { Connection } from './openai-connection.js'

/**
 * The `probe` of a client: asks for the model, where OpenAI itself serves it, and elsewhere for the list of models, which nearly all
 * servers have. None for a client of the `openai` package that was given, as it may be a stand-in.
 * Wire: OpenAI API reference, "Retrieve model" and "List models".
 */
export function createProbe(
  { connect, isOurs }: Connection<unknown>,
  model: string,
): Pick<ChatClient, 'probe'> {
  if (!isOurs) return {}
  return {
    async probe({ signal } = {}) {
      try {
        const client = (await connect()) as OpenAI
        const path = isOpenAI(client) ? `/models/${encodeURIComponent(model)}` : '/models'
        const answer = await client.get(path, { signal: signal ?? null })
        return isJsonObject(answer)
          ? { outcome: 'reached' }
          : toUnclear('something that is no JSON', baseUrlHint)
      } catch (error) {
        signal?.throwIfAborted()
        return toRefusal(error)
      }
    },
  }
}

/** Azure serves models under names that it does not list. */
function isOpenAI({ baseURL }: OpenAI): boolean {
  return new URL(baseURL).hostname.endsWith('.openai.com')
}

const baseUrlHint = 'Check the base URL, which often ends with /v1'

/** A server may refuse the question, and take model calls. @throws {AgentError} for what it would refuse whatever it was asked. */
function toRefusal(error: unknown): ModelProbe {
  const status = readStatus(error)
  if (status === 403)
    return toUnclear('403', 'The key, or a rule of the network, may forbid this question alone, or all')
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // OpenAI itself knows which model it is that there is not.
  if ((status === 404 || status === 405) && code !== 'model_not_found')
    return toUnclear(String(status), `It may have no list of models. ${baseUrlHint}`)
  throw toModelError(error)
}

function toUnclear(answer: string, hint: string): ModelProbe {
  return { outcome: 'unclear', detail: `answers ${answer} when it is asked for its models. ${hint}.` }
}
