import { Agent, type ChatClient, type RunMiddleware } from 'durable-agent-functions'
import { createChatClientFromEnvironment } from 'durable-agent-functions/openai'

/** Answers in place of the agent once a tenant has burned through its quota. */
export function createBudgetGuard(quotas: Readonly<Record<string, number>>): RunMiddleware {
  const left = new Map(Object.entries(quotas))
  return {
    beforeRun({ values }) {
      const tenant = String(values.tenantId ?? 'default')
      const runs = left.get(tenant) ?? 0
      if (runs <= 0) return { answer: 'Quota exhausted.' }
      left.set(tenant, runs - 1)
      return undefined
    },
  }
}

/** Tells how long each run took. Its two halves share a map, under the run's correlation id. */
export function createTimer(report: (ms: number) => void): RunMiddleware {
  const begun = new Map<string, number>()
  return {
    beforeRun: ({ correlationId }) => void begun.set(correlationId, performance.now()),
    afterRun({ correlationId }) {
      report(performance.now() - (begun.get(correlationId) ?? performance.now()))
      begun.delete(correlationId)
    },
  }
}

export function createGuarded(client: ChatClient, report: (ms: number) => void): Agent {
  const middleware = [createTimer(report), createBudgetGuard({ acme: 2, globex: 0 })]
  return new Agent({ name: 'Guarded', client, middleware })
}

if (process.argv[1] === import.meta.filename) {
  const report = (ms: number) => process.stdout.write(`(${Math.round(ms)} ms) `)
  const agent = createGuarded(createChatClientFromEnvironment(), report)
  for (const tenantId of ['acme', 'globex'])
    process.stdout.write(`${tenantId}: ${(await agent.run('Hello', { context: { tenantId } })).text}\n`)
}
