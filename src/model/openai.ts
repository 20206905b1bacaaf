export type { AzureOpenAIAuthentication, AzureOpenAIConnectionOptions } from './azure-connection.js'
export {
  type AzureOpenAIChatClientOptions,
  type AzureOpenAIResponsesClientOptions,
  createAzureOpenAIChatClient,
  createAzureOpenAIResponsesClient,
} from './azure-openai.js'
export { createChatClientFromEnvironment } from './environment.js'
export { createOpenAIChatClient, type OpenAIChatClientOptions } from './openai-chat-completions.js'
export type { OpenAIConnectionOptions } from './openai-connection.js'
export type { OpenAICallOptions } from './openai-options.js'
export { createOpenAIResponsesClient, type OpenAIResponsesClientOptions } from './openai-responses.js'
