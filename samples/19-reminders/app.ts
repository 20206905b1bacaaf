import { Agent, AgentFunctionApp, createReminderTools, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather for a location.',
  parameters: z.object({ location: z.string() }),
  readOnly: true,
  execute: ({ location }) => ({ location, temperature: 72, conditions: 'Sunny' }),
})

const assistant = new Agent({
  name: 'Assistant',
  instructions:
    'You help with the plans of the day, and remind the user of what they want to be reminded of.',
  client: createChatClientFromEnvironment(),
  tools: [getWeather, ...createReminderTools()],
})

new AgentFunctionApp({ agents: [assistant], chatPage: true })
