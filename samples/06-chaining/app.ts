import { Agent, AgentFunctionApp, getAgent } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import * as df from 'durable-functions'

const writer = new Agent({
  name: 'Writer',
  instructions: 'You refine short pieces of text.',
  client: createChatClientFromEnvironment(),
})

new AgentFunctionApp({ agents: [writer] })

df.app.orchestration('refine', function* (context) {
  const agent = getAgent(context, writer)
  const session = agent.createSession()
  const first = yield* agent.run('Write an inspiring sentence about learning.', { session })
  const refined = yield* agent.run('Improve it, in at most 25 words.', { session })
  return { first: first.text, refined: refined.text, sessionId: session.key }
})

df.app.client.http('start', {
  route: 'singleagent/run',
  methods: ['POST'],
  handler: async (_request, client) => {
    const instanceId = await client.startNew('refine')
    const { statusQueryGetUri } = client.createHttpManagementPayload(instanceId)
    return { status: 202, jsonBody: { instanceId, statusQueryGetUri } }
  },
})
