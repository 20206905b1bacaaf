import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type ChatClient, type FunctionMiddleware, tool } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'
import { z } from 'zod'

/** Remembers what read-only tools gave: a hit never reaches the middleware further in, nor the tool. */
export function createCache(): FunctionMiddleware {
  const results = new Map<string, unknown>()
  return {
    async callTool({ tool: { name, readOnly }, arguments: args }, next) {
      if (!readOnly) return next()
      const key = JSON.stringify([name, args])
      if (!results.has(key)) results.set(key, await next())
      return results.get(key)
    },
  }
}

/** Calls a tool again that throws, waiting twice as long each time. */
export function createRetry(attempts = 3, backoffMs = 500): FunctionMiddleware {
  return {
    async callTool(_context, next) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await next()
        } catch (error) {
          if (attempt === attempts) throw error
          await sleep(backoffMs * 2 ** (attempt - 1))
        }
      }
    },
  }
}

export function createShop(client: ChatClient, find: (sku: string) => string): Agent {
  const lookupSku = tool({
    name: 'lookup_sku',
    description: 'Return the canonical name for a SKU.',
    parameters: z.object({ sku: z.string() }),
    readOnly: true,
    execute: ({ sku }) => find(sku),
  })
  const middleware = [createCache(), createRetry(3, 1)]
  return new Agent({ name: 'Shop', client, tools: [lookupSku], middleware })
}

if (process.argv[1] === import.meta.filename) {
  const shop = createShop(createChatClientFromEnvironment(), (sku) => `SKU ${sku}: Wireless Charger`)
  for (const question of ['Look up the SKU "WCH-42"', 'Look up the SKU "WCH-42" again'])
    process.stdout.write(`${(await shop.run(question)).text}\n`)
}
