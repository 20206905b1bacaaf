import { Agent, type ChatClient } from 'durable-agent-functions'
import { type McpHttpOptions, mcpHttp, mcpStdio } from 'durable-agent-functions/mcp'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

const microsoftLearn: McpHttpOptions = {
  name: 'learn',
  url: 'https://learn.microsoft.com/api/mcp',
  requestTimeoutMs: 30_000,
}

/** The tools of a local server and of a remote one, each named after its server: `fs_list_directory`, `learn_…`. */
export async function research(
  client: ChatClient,
  folder: string,
  learnServer = microsoftLearn,
): Promise<string> {
  await using fs = mcpStdio({
    name: 'fs',
    command: 'npx',
    args: ['-y', '@modelcontextprotocol/server-filesystem', folder],
    stderr: 'ignore',
  })
  await using learn = mcpHttp(learnServer)
  const agent = new Agent({
    name: 'Researcher',
    client,
    instructions: `You can read and write files in ${folder} via fs, and search Microsoft Learn via learn. Cite documentation URLs when relevant.`,
    tools: [fs, learn],
  })
  const { text } = await agent.run(`List files in ${folder} and find the latest azure-identity guidance.`)
  return text
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(`${await research(createChatClientFromEnvironment(), '/tmp')}\n`)
