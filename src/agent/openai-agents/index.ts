export { fromOpenAIAgent, type OpenAIAgentOptions } from './from-openai-agent.js'
