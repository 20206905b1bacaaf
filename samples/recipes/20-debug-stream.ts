import { Agent, type AgentResponseUpdate, type ChatClient, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

const getTime = tool({
  name: 'get_time',
  description: 'Return the current UTC time.',
  readOnly: true,
  execute: () => new Date().toISOString(),
})

/** Text in green; tool calls and what they gave in grey. */
function toLine({ text, contents }: AgentResponseUpdate): string {
  if (text !== '') return `\u001b[92m${text}\u001b[0m`
  return contents
    .map((content) => {
      switch (content.type) {
        case 'functionCall':
          return `\n\u001b[90m[call ${content.name}(${JSON.stringify(content.arguments)})]\u001b[0m\n`
        case 'functionResult':
          return `\n\u001b[90m[result ${content.callId}: ${JSON.stringify(content.result ?? content.error)}]\u001b[0m\n`
        default:
          return ''
      }
    })
    .join('')
}

export async function debug(client: ChatClient, write: (text: string) => void): Promise<void> {
  const agent = new Agent({
    name: 'Clock',
    client,
    instructions: 'Use get_time when asked about time.',
    tools: [getTime],
  })
  const run = agent.run("What's the current UTC time? Then tell me a joke.")
  for await (const update of run) write(toLine(update))
  const { finishReason } = await run.finalResponse()
  write(`\nfinish reason: ${finishReason}\n`)
}

if (process.argv[1] === import.meta.filename)
  await debug(createChatClientFromEnvironment(), (text) => process.stdout.write(text))
