import { Agent, AgentFunctionApp, getAgent } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import * as df from 'durable-functions'

const client = createChatClientFromEnvironment()
const physicist = new Agent({ name: 'Physicist', instructions: 'You answer as a physicist.', client })
const chemist = new Agent({ name: 'Chemist', instructions: 'You answer as a chemist.', client })

new AgentFunctionApp({ agents: [physicist, chemist] })

df.app.orchestration('askBoth', function* (context) {
  const question = context.df.getInput<string>()
  const runs = [physicist, chemist].map((agent) => getAgent(context, agent).run(question))
  const [physics, chemistry] = yield context.df.Task.all(runs)
  return { physicist: physics.text, chemist: chemistry.text }
})

df.app.client.http('start', {
  route: 'multiagent/run',
  methods: ['POST'],
  handler: async (request, client) => {
    const instanceId = await client.startNew('askBoth', { input: await request.text() })
    const { statusQueryGetUri } = client.createHttpManagementPayload(instanceId)
    return { status: 202, jsonBody: { instanceId, statusQueryGetUri } }
  },
})
