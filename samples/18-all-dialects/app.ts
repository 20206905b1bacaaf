import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const client = createChatClientFromEnvironment()

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather for a location.',
  parameters: z.object({ location: z.string().describe('A city') }),
  readOnly: true,
  execute: ({ location }) => ({ location, temperature: 72, conditions: 'Sunny' }),
})

const refundOrder = tool({
  name: 'refund_order',
  description: 'Refund an order by its number.',
  parameters: z.object({ order: z.number(), amount: z.number() }),
  approval: ({ amount }) => amount > 100,
  execute: ({ order, amount }) => ({ order, refunded: amount }),
  undo: ({ order, amount }) => ({ order, takenBack: amount }),
})

const weatherAgent = new Agent({
  name: 'WeatherAgent',
  instructions: 'You are a helpful weather assistant.',
  client,
  tools: [getWeather],
})

const supportAgent = new Agent({
  name: 'SupportAgent',
  instructions: 'You help customers with their orders.',
  client,
  tools: [refundOrder],
})

// One run, in whatever words a client asks for it.
new AgentFunctionApp({
  agents: [weatherAgent, supportAgent],
  protocols: ['openai', 'ai-sdk', 'ag-ui', 'agentscope', 'a2a'],
})
