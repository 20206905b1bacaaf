import { Agent, type ChatClient } from 'durable-agent-functions'
import { type McpHttpOptions, mcpHttp } from 'durable-agent-functions/mcp'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** Where the billing server is; the tokens of tenants come with their runs. */
type BillingServer = Pick<McpHttpOptions, 'url' | 'allowPrivateNetwork'>

export interface Tenant {
  readonly id: string
  readonly token: string
}

/** One agent and one server for all tenants: whose request it is, the headers say. Tools that change something wait for a human. */
export function createBillingAgent(client: ChatClient, server: BillingServer): Agent {
  const billing = mcpHttp({
    name: 'billing',
    ...server,
    approval: {
      always: ['billing.refund', 'billing.void'],
      never: ['billing.list_invoices', 'billing.get_invoice'],
    },
    headers: ({ values }) => ({
      Authorization: `Bearer ${values.token}`,
      'X-Tenant-Id': String(values.tenantId ?? 'default'),
    }),
  })
  return new Agent({ name: 'Billing', client, tools: [billing] })
}

export async function serveTenant(agent: Agent, tenant: Tenant, query: string): Promise<string> {
  const { text } = await agent.run(query, { context: { token: tenant.token, tenantId: tenant.id } })
  return text
}

if (process.argv[1] === import.meta.filename) {
  const agent = createBillingAgent(createChatClientFromEnvironment(), { url: 'https://mcp.example.com' })
  const acme = { id: 'acme', token: process.env.ACME_TOKEN ?? '' }
  process.stdout.write(`${await serveTenant(agent, acme, 'List my open invoices.')}\n`)
}
