import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const planTrip = tool({
  name: 'plan_trip',
  description: 'Plan a trip to a city, day by day.',
  parameters: z.object({ city: z.string() }),
  readOnly: true,
  execute: async function* ({ city }) {
    const days: string[] = []
    for (const what of ['the old town', 'the museums', 'the harbour']) {
      await sleep(Number(process.env.DAY_MS ?? 1_000))
      days.push(`Day ${days.length + 1}: ${what} of ${city}`)
      yield { days: days.length }
    }
    return days
  },
})

const travelPlanner = new Agent({
  name: 'TravelPlanner',
  instructions: 'You plan trips, with a tip for each day.',
  client: createChatClientFromEnvironment(),
  tools: [planTrip],
})

new AgentFunctionApp({ agents: [travelPlanner] })
