import { Agent, AgentFunctionApp } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const Ticket = z.object({ customer: z.string(), text: z.string() })

const triage = new Agent({
  name: 'Triage',
  instructions: 'You say what a ticket is about and how urgent it is.',
  client: createChatClientFromEnvironment(),
})

const app = new AgentFunctionApp()

app.addAgent(triage, {
  triggers: [
    {
      queue: 'tickets',
      message: (ticket) => `Triage this ticket: ${Ticket.parse(ticket).text}`,
      sessionId: (ticket) => Ticket.parse(ticket).customer,
      onAnswer: ({ response, sessionId }) => void process.stdout.write(`${sessionId}: ${response}\n`),
    },
    {
      schedule: '0 0 7 * * *',
      message: 'Sum up what came in yesterday.',
      sessionId: 'daily-report',
      onAnswer: ({ response }) => void process.stdout.write(`Report: ${response}\n`),
    },
  ],
})
