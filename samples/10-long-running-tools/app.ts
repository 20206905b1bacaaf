import { Agent, AgentFunctionApp, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import * as df from 'durable-functions'
import { z } from 'zod'

const publishPost = tool({
  name: 'publish_post',
  description: 'Publish a post, after an editor has agreed.',
  parameters: z.object({ text: z.string() }),
  idempotent: true,
  execute: ({ text }, { durable }) => durable?.runOrchestration('publish', { text }),
})

const checkPost = tool({
  name: 'check_status',
  description: 'Check the status of a post by its number.',
  parameters: z.object({ number: z.string() }),
  readOnly: true,
  execute: async ({ number }, { durable }) => {
    const status = await durable?.getStatus(number)
    return { post: number, status: status?.runtimeStatus ?? 'unknown' }
  },
})

const publisher = new Agent({
  name: 'Publisher',
  instructions: 'You publish posts and say how they stand.',
  client: createChatClientFromEnvironment(),
  tools: [publishPost, checkPost],
})

new AgentFunctionApp({ agents: [publisher] })

df.app.activity('notifyEditor', {
  handler: (post: string) => void process.stdout.write(`Post ${post} waits for an editor.\n`),
})

df.app.orchestration('publish', function* (context) {
  const { text } = context.df.getInput<{ text: string }>()
  yield context.df.callActivity('notifyEditor', context.df.instanceId)
  const agreed: boolean = yield context.df.waitForExternalEvent('decision')
  if (!agreed) throw new Error('The editor did not agree.')
  return { published: text, post: context.df.instanceId }
})

df.app.client.http('decide', {
  route: 'posts/{id}/decision',
  methods: ['POST'],
  handler: async (request, client) => {
    const agreed = await request.json().catch(() => undefined)
    if (typeof agreed !== 'boolean') return { status: 400, jsonBody: { error: 'Decide with true or false.' } }
    const raised = client.raiseEvent(request.params.id ?? '', 'decision', agreed)
    return raised.then(() => ({ status: 202 })).catch(() => ({ status: 404 }))
  },
})
