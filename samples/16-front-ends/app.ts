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

// The same runs, for pages made with the AI SDK and for clients of AG-UI.
new AgentFunctionApp({ agents: [weatherAgent], protocols: ['ai-sdk', 'ag-ui'] })
