import { Agent, type ChatClient, SkillsProvider, skill } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** The model is told the skill's name and description; its content and its matrix it gets when it asks for them. */
const pricing = skill({
  name: 'tenant-pricing',
  description: 'Look up the per-SKU pricing matrix for the active tenant.',
  content: 'Read the resource `matrix`. Quote prices in USD unless the user specifies otherwise.',
  resources: {
    // The model asks for it without arguments; which tenant it is for, only the code knows.
    matrix: ({ values }) =>
      `tenant=${values.tenantId ?? 'default'}\npro: $99/mo\nteam: $299/mo\nenterprise: contact sales`,
  },
})

export async function quote(client: ChatClient, tenantId: string): Promise<string> {
  const agent = new Agent({
    name: 'Sales',
    client,
    instructions: 'You answer pricing questions for the active tenant.',
    contextProviders: [new SkillsProvider({ skills: [pricing] })],
  })
  const { text } = await agent.run('What does the team plan cost for ACME?', { context: { tenantId } })
  return text
}

if (process.argv[1] === import.meta.filename)
  process.stdout.write(`${await quote(createChatClientFromEnvironment(), 'acme')}\n`)
