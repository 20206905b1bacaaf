// What the benchmark runs on the embedded host to measure orchestrations and entities: an app without agents.
import { setTimeout as delay } from 'node:timers/promises'
import { app, type HttpRequest } from '@azure/functions'
import * as df from 'durable-functions'

df.app.activity('step', { handler: (n: number) => n + 1 })

/** So many activities, one after the other. */
df.app.orchestration('steps', function* (context) {
  let n = 0
  for (const count = Number(context.df.getInput()); n < count; ) n = yield context.df.callActivity('step', n)
  return n
})

/** So many activities at once. */
df.app.orchestration('fan', function* (context) {
  const numbers = Array.from({ length: Number(context.df.getInput()) }, (_, n) => n)
  const results = yield context.df.Task.all(numbers.map((n) => context.df.callActivity('step', n)))
  return results.length
})

df.app.entity('Sum', (context) => {
  context.df.setState(Number(context.df.getState(() => 0)) + Number(context.df.getInput()))
})

app.get('health', { handler: () => ({ body: 'healthy' }) })

/** Runs `flows` orchestrations of `name`, with `size` as their input, to their end. */
app.post('flows', {
  route: 'flows/{name}/{flows}/{size}',
  extraInputs: [df.input.durableClient()],
  handler: async ({ params }, context) => {
    const client = df.getClient(context)
    const input = Number(params.size)
    const starts = Array.from({ length: Number(params.flows) }, () =>
      client.startNew(params.name ?? '', { input }),
    )
    for (const id of await Promise.all(starts)) {
      await until(async () => (await client.getStatus(id)).output === input)
    }
    return { status: 204 }
  },
})

/** Sends `size` signals to each of `entities` entities that nobody has used before, and waits until all are handled. */
app.post('signals', {
  route: 'signals/{entities}/{size}',
  extraInputs: [df.input.durableClient()],
  handler: async (request: HttpRequest, context) => {
    const client = df.getClient(context)
    const size = Number(request.params.size)
    const send = async (_: unknown, index: number) => {
      const id = new df.EntityId('Sum', `${context.invocationId}-${index}`)
      for (let n = 0; n < size; n += 1) await client.signalEntity(id, 'add', 1)
      await until(async () => (await client.readEntityState<number>(id)).entityState === size)
    }
    await Promise.all(Array.from({ length: Number(request.params.entities) }, send))
    return { status: 204 }
  },
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(2)
}
