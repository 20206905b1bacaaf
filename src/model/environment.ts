import { AgentError } from '../core/errors.js'
import type { ChatClient } from './chat-client.js'
import { parseEndpoint } from './endpoint.js'
import { createOfflineChatClient } from './offline/offline.js'
import { createAzureOpenAIChatClient, createAzureOpenAIResponsesClient } from './openai/azure-openai.js'
import { createOpenAIChatClient } from './openai/openai-chat-completions.js'
import { openAIBaseUrl } from './openai/openai-connection.js'
import { createOpenAIResponsesClient } from './openai/openai-responses.js'
import { withRetry } from './with-retry.js'

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The model that OpenAI is asked for when `OPENAI_MODEL` names none. */
export const defaultOpenAIModel = 'gpt-5.4-mini'

/**
 * The chat client that the environment describes. The first of these that is set decides:
 *
 * 1. `AZURE_OPENAI_ENDPOINT`: Azure OpenAI, with `AZURE_OPENAI_DEPLOYMENT` (or `AZURE_OPENAI_DEPLOYMENT_NAME`) and
 *    `AZURE_OPENAI_API_KEY`; without a key Microsoft Entra ID, with `AZURE_CLIENT_ID` as the managed identity.
 * 2. `OPENAI_API_KEY` or `OPENAI_BASE_URL`: OpenAI or a compatible server, with `OPENAI_MODEL`.
 * 3. Nothing: the offline demo model, whose name is `offline-demo`.
 *
 * `OPENAI_API` chooses how OpenAI and Azure OpenAI are asked: `chat-completions` (the default) or `responses`.
 *
 * Empty values and placeholders such as `<your key>` count as not set. All but the offline model are asked again when
 * they fail for a moment.
 * @throws {AgentError} `invalid_configuration` naming the variable that is missing or wrong.
 */
export function createChatClientFromEnvironment(env: Environment = process.env): ChatClient {
  const read = (name: string) => readSetting(env, name)
  const endpoint = read('AZURE_OPENAI_ENDPOINT')
  if (endpoint !== undefined) return withRetry(createAzureClient(endpoint, read))
  const apiKey = read('OPENAI_API_KEY')
  const baseUrl = read('OPENAI_BASE_URL')
  if (apiKey === undefined && baseUrl === undefined) return createOfflineChatClient()
  // Here, so that the complaint names the variable.
  if (baseUrl !== undefined) parseEndpoint(baseUrl, 'OPENAI_BASE_URL', { secure: false })
  const model = read('OPENAI_MODEL') ?? defaultOpenAIModel
  const create = asksResponses(read) ? createOpenAIResponsesClient : createOpenAIChatClient
  return withRetry(create({ model, apiKey, baseUrl: baseUrl ?? openAIBaseUrl }))
}

type Read = (name: string) => string | undefined

function asksResponses(read: Read): boolean {
  const api = read('OPENAI_API') ?? 'chat-completions'
  if (api === 'responses') return true
  if (api === 'chat-completions') return false
  const message = `OPENAI_API must be "responses" or "chat-completions", not "${api}".`
  throw new AgentError('invalid_configuration', message)
}

function createAzureClient(endpoint: string, read: Read): ChatClient {
  const deployment = read('AZURE_OPENAI_DEPLOYMENT') ?? read('AZURE_OPENAI_DEPLOYMENT_NAME')
  if (deployment === undefined) {
    const message = 'AZURE_OPENAI_ENDPOINT is set, but AZURE_OPENAI_DEPLOYMENT is not. Set both or neither.'
    throw new AgentError('invalid_configuration', message)
  }
  parseEndpoint(endpoint, 'AZURE_OPENAI_ENDPOINT', { secure: true })
  const create = asksResponses(read) ? createAzureOpenAIResponsesClient : createAzureOpenAIChatClient
  const apiKey = read('AZURE_OPENAI_API_KEY')
  if (apiKey !== undefined) return create({ endpoint, deployment, apiKey })
  return create({ endpoint, deployment, managedIdentityClientId: read('AZURE_CLIENT_ID') })
}

function readSetting(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === undefined || value === '' || /<[^<>]*>/.test(value) ? undefined : value
}
