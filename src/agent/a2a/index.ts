export { type A2aAgentOptions, createA2aAgent } from './create-a2a-agent.js'
