import { Agent, AgentFunctionApp, type AgentResponseCallback, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const client = createChatClientFromEnvironment()

const weatherAgent = new Agent({
  name: 'WeatherAgent',
  instructions: 'You are a helpful weather assistant.',
  client,
  tools: [
    tool({
      name: 'get_weather',
      description: 'Get the weather for a location.',
      parameters: z.object({ location: z.string().describe('A city') }),
      readOnly: true,
      execute: ({ location }) => ({ location, temperature: 72, conditions: 'Sunny' }),
    }),
  ],
})

const mathAgent = new Agent({
  name: 'MathAgent',
  instructions: 'You help with bills and tips.',
  client,
  tools: [
    tool({
      name: 'calculate_tip',
      description: 'Calculate the tip for a bill.',
      parameters: z.object({ bill: z.number(), percent: z.number() }),
      readOnly: true,
      execute: ({ bill, percent }) => ({ tip: (bill * percent) / 100, total: bill * (1 + percent / 100) }),
    }),
  ],
})

const logger: AgentResponseCallback = {
  onAgentResponse: ({ text }, { agentName }) => void process.stdout.write(`[${agentName}] ${text}\n`),
}

const app = new AgentFunctionApp({ agents: [weatherAgent] })
app.addAgent(mathAgent, { callback: logger })
