import { Agent, AgentFunctionApp, getAgent } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import * as df from 'durable-functions'
import { z } from 'zod'

const client = createChatClientFromEnvironment()
const writer = new Agent({ name: 'Writer', instructions: 'You write short articles.', client })
const Draft = z.object({ title: z.string(), content: z.string() })
const Request = z.object({
  topic: z.string().min(1),
  waitSeconds: z.number().positive().max(1e7).default(259_200),
})
const Decision = z.object({ approved: z.boolean(), feedback: z.string().default('') })

new AgentFunctionApp({ agents: [writer] })

df.app.orchestration('publish', function* (context) {
  const { topic, waitSeconds } = context.df.getInput<z.infer<typeof Request>>()
  const agent = getAgent(context, writer)
  const options = { session: agent.createSession(), responseFormat: Draft }
  let { value: draft } = yield* agent.run(`Write an article about ${topic}.`, options)
  for (let round = 1; round <= 5; round += 1) {
    context.df.setCustomStatus({ waitingFor: 'decision', round, draft })
    const decided = context.df.waitForExternalEvent('decision')
    const late = context.df.createTimer(new Date(+context.df.currentUtcDateTime + waitSeconds * 1000))
    const first = yield context.df.Task.any([decided, late])
    if (first === late) throw new Error('Nobody decided in time.')
    late.cancel()
    const { approved, feedback } = decided.result as z.infer<typeof Decision>
    if (approved) return { content: draft.content, rounds: round }
    draft = (yield* agent.run(`Change the article: ${feedback}`, options)).value
  }
  throw new Error('The article was rejected five times.')
})

const refuse = (status: number, error: string) => ({ status, jsonBody: { error } })

df.app.client.http('start', {
  route: 'hitl/run',
  methods: ['POST'],
  handler: async (request, client) => {
    const input = Request.safeParse(await request.json().catch(() => undefined))
    if (!input.success) return refuse(400, z.prettifyError(input.error))
    const instanceId = await client.startNew('publish', { input: input.data })
    const { statusQueryGetUri } = client.createHttpManagementPayload(instanceId)
    return { status: 202, jsonBody: { instanceId, topic: input.data.topic, statusQueryGetUri } }
  },
})

df.app.client.http('decide', {
  route: 'hitl/decide/{id}',
  methods: ['POST'],
  handler: async (request, client) => {
    const decision = Decision.safeParse(await request.json().catch(() => undefined))
    if (!decision.success) return refuse(400, z.prettifyError(decision.error))
    const raised = client.raiseEvent(request.params.id ?? '', 'decision', decision.data)
    return raised.then(() => ({ status: 202 })).catch(() => refuse(404, 'There is no such article.'))
  },
})
