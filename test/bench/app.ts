// What the benchmark runs on the embedded host: one agent with the default settings, everything durable.
import { Agent, AgentFunctionApp } from 'durable-agent-functions'
import { createOpenAIChatClient } from 'durable-agent-functions/openai'
import { agentName, instructions, modelName } from './names.js'

const client = createOpenAIChatClient({
  model: modelName,
  baseUrl: process.env.BENCH_MODEL_URL,
  apiKey: 'bench',
})

new AgentFunctionApp({ agents: [new Agent({ name: agentName, instructions, client })] })
