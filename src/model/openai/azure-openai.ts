import { checkOptions, checkText, type OptionNames } from '../../core/check-options.js'
import type { ChatClient } from '../chat-client.js'
import { type AzureOpenAIConnectionOptions, toOpenAIConnection } from './azure-connection.js'
import { createOpenAIChatClient, type OpenAIChatClientOptions } from './openai-chat-completions.js'
import { createOpenAIResponsesClient, type OpenAIResponsesClientOptions } from './openai-responses.js'

export type AzureOpenAIChatClientOptions = AzureOpenAIConnectionOptions &
  Pick<OpenAIChatClientOptions, 'stream' | 'timeoutMs' | 'headers'>

export type AzureOpenAIResponsesClientOptions = AzureOpenAIConnectionOptions &
  Pick<OpenAIResponsesClientOptions, 'stream' | 'timeoutMs' | 'headers' | 'store' | 'pollIntervalMs'>

/** What OpenTelemetry calls it (semantic conventions 1.41.0, `gen_ai.provider.name`). */
const provider = 'azure.ai.openai'

const chatOptions: OptionNames<AzureOpenAIChatClientOptions> = {
  endpoint: true,
  deployment: true,
  apiKey: true,
  credential: true,
  managedIdentityClientId: true,
  fetch: true,
  stream: true,
  timeoutMs: true,
  headers: true,
}

const responsesOptions: OptionNames<AzureOpenAIResponsesClientOptions> = {
  ...chatOptions,
  store: true,
  pollIntervalMs: true,
}

/**
 * A chat client for a model deployed in Azure OpenAI. It asks once: wrap it in `withRetry` to ask again.
 * Without `apiKey` it signs in with Microsoft Entra ID and refreshes the token itself; the identity needs the role
 * "Cognitive Services OpenAI User".
 *
 * ```ts
 * createAzureOpenAIChatClient({ endpoint: 'https://my-resource.openai.azure.com', deployment: 'gpt-5.4-mini' })
 * ```
 *
 * Wire: Microsoft Learn, "Azure OpenAI in Microsoft Foundry Models v1 API".
 * @throws {AgentError} `invalid_configuration` when the endpoint is no https URL (http is allowed on this machine), or naming another option that cannot be used.
 */
export function createAzureOpenAIChatClient(options: AzureOpenAIChatClientOptions): ChatClient {
  checkAzureOptions('createAzureOpenAIChatClient', options, chatOptions)
  const { deployment, stream, timeoutMs, headers } = options
  const client = createOpenAIChatClient({
    ...toOpenAIConnection(options),
    model: deployment,
    stream,
    timeoutMs,
    headers,
  })
  return { ...client, provider }
}

/**
 * The same by the Responses API: see `createOpenAIResponsesClient` for what it can do.
 * @throws {AgentError} `invalid_configuration` when the endpoint is no https URL (http is allowed on this machine), or naming another option that cannot be used.
 */
export function createAzureOpenAIResponsesClient(options: AzureOpenAIResponsesClientOptions): ChatClient {
  checkAzureOptions('createAzureOpenAIResponsesClient', options, responsesOptions)
  const { deployment, stream, timeoutMs, headers, store, pollIntervalMs } = options
  const client = createOpenAIResponsesClient({
    ...toOpenAIConnection(options),
    model: deployment,
    stream,
    timeoutMs,
    headers,
    store,
    pollIntervalMs,
  })
  return { ...client, provider }
}

function checkAzureOptions<Options extends AzureOpenAIConnectionOptions>(
  what: string,
  options: Options,
  known: OptionNames<Options>,
): void {
  checkOptions(what, options, known)
  checkText('deployment', options.deployment)
}
