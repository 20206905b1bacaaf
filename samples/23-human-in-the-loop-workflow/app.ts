import {
  Agent,
  AgentFunctionApp,
  type Answered,
  agentNode,
  functionNode,
  requestNode,
  WorkflowBuilder,
} from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const client = createChatClientFromEnvironment()
const Decision = z.object({ approved: z.boolean(), feedback: z.string().default('') })
type Reviewed = Answered<string, z.infer<typeof Decision>>

const writer = new Agent({ name: 'Writer', instructions: 'You write short posts.', client })
const draft = agentNode(writer, { id: 'draft', prompt: (topic: string) => `Write about ${topic}.` })
const revise = agentNode(writer, {
  id: 'revise',
  prompt: ({ input, answer }: Reviewed) => `Your post was: ${input}\nChange it: ${answer.feedback}`,
})

const review = requestNode('review', {
  response: Decision,
  question: (text: string) => ({ text, hint: 'Approve it, or say what to change.' }),
  notify: ({ respondPath }) => {
    process.stdout.write(`To be reviewed, answer at /api/${respondPath}\n`) // here a mail would be sent
  },
  timeoutMs: Number(process.env.REVIEW_TIMEOUT_MS ?? 3 * 24 * 3600 * 1000),
})

const publish = functionNode('publish', ({ input }: Reviewed) => ({ content: input, published: true }))

const posts = new WorkflowBuilder({
  name: 'Posts',
  start: draft,
  input: z.string().min(1),
  maxIterations: 20,
})
  .edge(draft, review)
  .branch(review, [{ when: ({ answer }) => answer.approved, to: publish }], revise)
  .edge(revise, review)
  .output(publish)
  .build()

new AgentFunctionApp({ agents: [writer], workflows: [posts] })
