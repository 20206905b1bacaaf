import { app } from '@azure/functions'
import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather for a location.',
  parameters: z.object({ location: z.string().describe('A city') }),
  readOnly: true,
  execute: ({ location }) => ({ location, temperature: 72, conditions: 'Sunny' }),
})

const weatherAgent = new Agent({
  name: 'WeatherAgent',
  instructions: 'You are a helpful weather assistant.',
  client: createChatClientFromEnvironment(),
  tools: [getWeather],
})

new AgentFunctionApp({ agents: [weatherAgent], chatPage: true })

// It is an ordinary Functions app: any other trigger can stand beside the agents.
app.http('status', {
  route: 'status',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({ jsonBody: { status: 'running', model: weatherAgent.client.model } }),
})
