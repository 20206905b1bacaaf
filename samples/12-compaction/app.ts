import { Agent, AgentFunctionApp, slidingWindow, summarize } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

const client = createChatClientFromEnvironment()
const instructions = 'You are a patient assistant.'

// Shows the model the last three turns.
const forgetful = new Agent({
  name: 'Forgetful',
  instructions,
  client,
  compaction: slidingWindow({ maxTurns: 3 }),
})

// Shows it the last two, and a summary of all before, which is made anew every three turns.
const thorough = new Agent({
  name: 'Thorough',
  instructions,
  client,
  compaction: summarize({ client, keepTurns: 2, everyTurns: 3 }),
})

new AgentFunctionApp({ agents: [forgetful, thorough] })
