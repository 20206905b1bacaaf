import { Agent, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** Agents as tools of another one. With the session propagated, the summariser knows the whole conversation. */
export async function brief(
  client: ChatClient,
  onUpdate: (text: string) => void = () => {},
): Promise<string> {
  const researcher = new Agent({
    name: 'researcher',
    description: 'Performs deep research on technical topics.',
    client,
    instructions: 'Produce thorough, citation-backed research on the requested topic.',
  })
  const summariser = new Agent({
    name: 'summariser',
    description: 'Condenses long passages into bullet points.',
    client,
    instructions: 'Reduce input to <= 5 bullet points.',
  })
  const coordinator = new Agent({
    name: 'coordinator',
    client,
    instructions: 'Use the researcher to gather information, then the summariser to produce final bullets.',
    tools: [
      researcher.asTool({ onUpdate: ({ text }) => onUpdate(text) }),
      summariser.asTool({ propagateSession: true }),
    ],
  })
  const { text } = await coordinator.run('Brief me on quantum-resistant cryptography.')
  return text
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(`${await brief(createChatClientFromEnvironment())}\n`)
