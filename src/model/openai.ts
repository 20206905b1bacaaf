export { createChatClientFromEnvironment } from './environment.js'
export type { AzureOpenAIAuthentication, AzureOpenAIConnectionOptions } from './openai/azure-connection.js'
export {
  type AzureOpenAIChatClientOptions,
  type AzureOpenAIResponsesClientOptions,
  createAzureOpenAIChatClient,
  createAzureOpenAIResponsesClient,
} from './openai/azure-openai.js'
export { createOpenAIChatClient, type OpenAIChatClientOptions } from './openai/openai-chat-completions.js'
export type { OpenAIConnectionOptions } from './openai/openai-connection.js'
export type { OpenAICallOptions } from './openai/openai-options.js'
export { createOpenAIResponsesClient, type OpenAIResponsesClientOptions } from './openai/openai-responses.js'
