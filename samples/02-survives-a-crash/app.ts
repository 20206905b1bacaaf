import { setTimeout as delay } from 'node:timers/promises'
import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const bookFlight = tool({
  name: 'book_flight',
  description: 'Book a flight to a city.',
  parameters: z.object({ city: z.string() }),
  // The airline takes the key and books once, however often it is asked.
  idempotent: true,
  execute: async ({ city }, { idempotencyKey, attempt }) => {
    process.stdout.write(`Booking a flight to ${city}: attempt ${attempt}, key ${idempotencyKey}\n`)
    await delay(10_000)
    return { city, reference: idempotencyKey.slice(0, 6).toUpperCase() }
  },
  undo: ({ city }, { result }) => ({ city, cancelled: result?.reference ?? 'whatever was booked' }),
})

const travelAgent = new Agent({
  name: 'TravelAgent',
  instructions: 'You book flights.',
  client: createChatClientFromEnvironment(),
  tools: [bookFlight],
})

new AgentFunctionApp({ agents: [travelAgent] })
