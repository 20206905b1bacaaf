export {
  type AzureOpenAIAuthentication,
  type AzureOpenAIChatClientOptions,
  createAzureOpenAIChatClient,
} from './azure-openai.js'
export { createChatClientFromEnvironment } from './environment.js'
export { createOpenAIChatClient, type OpenAIChatClientOptions } from './openai-chat-completions.js'
export type { OpenAIConnectionOptions } from './openai-connection.js'
