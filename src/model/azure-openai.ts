import { type AzureOpenAIConnectionOptions, toOpenAIConnection } from './azure-connection.js'
import type { ChatClient } from './chat-client.js'
import { createOpenAIChatClient, type OpenAIChatClientOptions } from './openai-chat-completions.js'
import { createOpenAIResponsesClient, type OpenAIResponsesClientOptions } from './openai-responses.js'

export type AzureOpenAIChatClientOptions = AzureOpenAIConnectionOptions &
  Pick<OpenAIChatClientOptions, 'stream' | 'timeoutMs' | 'headers'>

export type AzureOpenAIResponsesClientOptions = AzureOpenAIConnectionOptions &
  Pick<OpenAIResponsesClientOptions, 'stream' | 'timeoutMs' | 'headers' | 'store' | 'pollIntervalMs'>

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
 * @throws {AgentError} `invalid_configuration` when the endpoint is no https URL (http is allowed on this machine).
 */
export function createAzureOpenAIChatClient(options: AzureOpenAIChatClientOptions): ChatClient {
  const { deployment, stream, timeoutMs, headers } = options
  return createOpenAIChatClient({
    ...toOpenAIConnection(options),
    model: deployment,
    stream,
    timeoutMs,
    headers,
  })
}

/**
 * The same by the Responses API: see `createOpenAIResponsesClient` for what it can do.
 * @throws {AgentError} `invalid_configuration` when the endpoint is no https URL (http is allowed on this machine).
 */
export function createAzureOpenAIResponsesClient(options: AzureOpenAIResponsesClientOptions): ChatClient {
  const { deployment, stream, timeoutMs, headers, store, pollIntervalMs } = options
  return createOpenAIResponsesClient({
    ...toOpenAIConnection(options),
    model: deployment,
    stream,
    timeoutMs,
    headers,
    store,
    pollIntervalMs,
  })
}
