import { Agent, AgentFunctionApp, agentNode, functionNode, WorkflowBuilder } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const client = createChatClientFromEnvironment()
const Mail = z.object({ from: z.string(), text: z.string() })
const Verdict = z.object({ isSpam: z.boolean(), reason: z.string() })

/** Keeps the mail where every later node finds it. */
const receive = functionNode('receive', (mail: z.infer<typeof Mail>, { setState }) => {
  setState('mail', mail)
  return mail.text
})

const detector = new Agent({ name: 'SpamDetector', instructions: 'You tell spam from other mail.', client })
const detect = agentNode(detector, {
  id: 'detect',
  responseFormat: Verdict,
  remember: ({ reason }) => ({ reason }),
})

const assistant = new Agent({ name: 'MailAssistant', instructions: 'You answer mail politely.', client })
const draft = agentNode(assistant, {
  id: 'draft',
  prompt: (_verdict: z.infer<typeof Verdict>, { state }) => `Answer this mail: ${JSON.stringify(state.mail)}`,
})

const send = functionNode('send', (reply: string) => `Email sent: ${reply}`)
const markAsSpam = functionNode(
  'markAsSpam',
  (_verdict: z.infer<typeof Verdict>, { state }) => `Email marked as spam: ${state.reason}`,
)

const mailbox = new WorkflowBuilder({ name: 'Mailbox', start: receive, input: Mail })
  .edge(receive, detect)
  .branch(detect, [{ when: ({ isSpam }) => isSpam, to: markAsSpam }], draft)
  .edge(draft, send)
  .output(send, markAsSpam)
  .build()

new AgentFunctionApp({ workflows: [mailbox] })
