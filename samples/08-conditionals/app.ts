import { Agent, AgentFunctionApp, getAgent } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import * as df from 'durable-functions'
import { z } from 'zod'

const client = createChatClientFromEnvironment()
const detector = new Agent({ name: 'SpamDetector', instructions: 'You tell spam from mail.', client })
const assistant = new Agent({ name: 'MailAssistant', instructions: 'You draft friendly replies.', client })

const Verdict = z.object({ isSpam: z.boolean(), reason: z.string() })
const Reply = z.object({ text: z.string() })
const Mail = z.object({ emailId: z.string().optional(), emailContent: z.string().trim().min(1) })

new AgentFunctionApp({ agents: [detector, assistant] })

df.app.activity('sendEmail', { handler: (text: string) => `Email sent: ${text}` })
df.app.activity('handleSpam', { handler: (reason: string) => `Email marked as spam: ${reason}` })

df.app.orchestration('answerMail', function* (context) {
  const { emailContent } = context.df.getInput<z.infer<typeof Mail>>()
  const { value: verdict } = yield* getAgent(context, detector).run(`Is this spam?\n${emailContent}`, {
    responseFormat: Verdict,
  })
  if (verdict.isSpam) return yield context.df.callActivity('handleSpam', verdict.reason)
  const { value: reply } = yield* getAgent(context, assistant).run(`Reply to this:\n${emailContent}`, {
    responseFormat: Reply,
  })
  return yield context.df.callActivity('sendEmail', reply.text)
})

df.app.client.http('start', {
  route: 'spamdetection/run',
  methods: ['POST'],
  handler: async (request, client) => {
    const mail = Mail.safeParse(await request.json().catch(() => undefined))
    if (!mail.success) return { status: 400, jsonBody: { error: z.prettifyError(mail.error) } }
    const instanceId = await client.startNew('answerMail', { input: mail.data })
    const { statusQueryGetUri } = client.createHttpManagementPayload(instanceId)
    return { status: 202, jsonBody: { instanceId, statusQueryGetUri } }
  },
})
