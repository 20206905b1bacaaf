import { Agent, AgentFunctionApp } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

// Made once, and used by every message that this process works on.
const planner = new Agent({
  name: 'Planner',
  client: createChatClientFromEnvironment(),
  instructions: 'You process queued tasks. Reply with the action plan only.',
})

/**
 * Each message of the queue is a run under the message's id: one that is delivered again is not worked on twice, and what a
 * crash cut off is gone on with. A message whose run fails ends in the queue `agent-tasks-poison`.
 */
new AgentFunctionApp().addAgent(planner, {
  triggers: [
    {
      queue: 'agent-tasks',
      onAnswer: ({ response }) => void process.stdout.write(`Plan: ${response}\n`),
    },
  ],
})
