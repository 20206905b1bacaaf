import { Agent, AgentFunctionApp, router } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

// The router as a graph: the classifier may only name a route that exists, each specialist is a node with the events,
// retries and checkpoints of a workflow, and what is asked stands in the status while it is worked on.

const client = createChatClientFromEnvironment()
const createAgent = (name: string, instructions: string) => new Agent({ name, instructions, client })

const triage = createAgent('Triage', 'You say which department a question of a customer belongs to.')

const support = router({
  name: 'Support',
  input: z.string().min(1),
  classify: triage,
  routes: {
    billing: createAgent('Billing', 'You are a billing specialist.'),
    technical: createAgent('Technical', 'You are a tech-support engineer.'),
    account: createAgent('Account', 'You are an account-management agent.'),
  },
  otherwise: 'technical',
})

new AgentFunctionApp({ workflows: [support] })
