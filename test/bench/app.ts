// What the benchmark runs on the embedded host: agents with the default settings, everything durable.
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, AgentFunctionApp, slidingWindow, tool } from 'durable-agent-functions'
import { createOpenAIChatClient } from 'durable-agent-functions/openai'
import { z } from 'zod'
import { agentName, instructions, modelName, slowToolMs, toolAgentName, windowAgentName } from './names.js'

const client = createOpenAIChatClient({
  model: modelName,
  baseUrl: process.env.BENCH_MODEL_URL,
  apiKey: 'bench',
})

const parameters = z.object({ location: z.string() })

/** At once, unless the place says otherwise. */
const getWeather = tool({
  name: 'get_weather',
  description: 'Get the weather for a location.',
  parameters,
  readOnly: true,
  async execute({ location }) {
    if (process.env.BENCH_SLOW_TOOL !== undefined) await delay(slowToolMs)
    return { location, temperature: 72 }
  },
})

new AgentFunctionApp({
  agents: [
    new Agent({ name: agentName, instructions, client }),
    new Agent({ name: toolAgentName, instructions, client, tools: [getWeather] }),
    new Agent({ name: windowAgentName, instructions, client, compaction: slidingWindow({ maxTurns: 10 }) }),
  ],
})
