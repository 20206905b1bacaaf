import { Agent, type ChatClient } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

const route = z.object({ department: z.enum(['BILLING', 'TECHNICAL', 'ACCOUNT']) })

/** A classifier picks the specialist that answers. The response format leaves it no other words than these three. */
export class SupportRouter {
  readonly #router: Agent
  readonly #specialists: Readonly<Record<z.infer<typeof route>['department'], Agent>>

  constructor(client: ChatClient) {
    this.#router = new Agent({
      name: 'Router',
      client,
      instructions: 'Say which department the query is for.',
    })
    this.#specialists = {
      BILLING: new Agent({ name: 'Billing', client, instructions: 'You are a billing specialist.' }),
      TECHNICAL: new Agent({ name: 'Technical', client, instructions: 'You are a tech-support engineer.' }),
      ACCOUNT: new Agent({ name: 'Account', client, instructions: 'You are an account-management agent.' }),
    }
  }

  async handle(query: string): Promise<string> {
    const { value } = await this.#router.run(query, { responseFormat: route })
    const specialist = this.#specialists[value.department]
    const { text } = await specialist.run(query)
    return text
  }
}

if (process.argv[1] === import.meta.filename) {
  const router = new SupportRouter(createChatClientFromEnvironment())
  process.stdout.write(`${await router.handle('My invoice for April is wrong.')}\n`)
}
