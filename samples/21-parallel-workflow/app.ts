import { Agent, AgentFunctionApp, concurrent, functionNode } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const client = createChatClientFromEnvironment()

const physicist = new Agent({ name: 'Physicist', instructions: 'You answer as a physicist.', client })
const chemist = new Agent({ name: 'Chemist', instructions: 'You answer as a chemist.', client })
const statistics = functionNode('statistics', (question: string) => ({ words: question.split(/\s+/).length }))

const experts = concurrent({
  name: 'ExpertReview',
  input: z.string().min(1),
  workers: [physicist, chemist, statistics],
  aggregate: ([physics, chemistry, { words }]) => ({ physics, chemistry, words }),
})

new AgentFunctionApp({ agents: [physicist, chemist], workflows: [experts] })
