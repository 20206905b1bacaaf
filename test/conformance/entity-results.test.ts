import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'
import { createTempApp, type TempApp } from '../support/temp-app.js'

/** An orchestration that calls operations of one entity together, and gives their answers. */
const code = `const { app } = require('@azure/functions')
  const df = require('durable-functions')
  df.app.entity('results', (context) => {
    const { operationName } = context.df
    if (operationName === 'twice') {
      context.df.return('first')
      context.df.return('second')
    }
    if (operationName === 'once') context.df.return('only')
  })
  df.app.orchestration('asking', function* (context) {
    const entity = new df.EntityId('results', 'k')
    const calls = context.df.getInput().map((operation) => context.df.callEntity(entity, operation))
    const answers = yield context.df.Task.all(calls)
    return answers.map((answer) => answer ?? 'nothing')
  })
  app.http('ask', {
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      const client = df.getClient(context)
      const id = await client.startNew('asking', { input: await request.json() })
      return client.waitForCompletionOrCreateCheckStatusResponse(request, id, { retryIntervalInMilliseconds: 20 })
    },
  })`
let app: TempApp
let host: SpawnedHost

beforeAll(async () => {
  app = await createTempApp({ 'package.json': { main: 'index.js' }, 'index.js': code })
  host = await spawnHost({ root: app.root })
})
afterAll(async () => {
  await host.stop('SIGKILL')
  await app.remove()
})

test.each([
  [['silent'], ['nothing']],
  [
    ['silent', 'once'],
    ['nothing', 'only'],
  ],
  [
    ['twice', 'once'],
    ['first', 'second'],
  ],
])(
  '81. callers of %j get %j: nothing without df.return, and a second one is taken for the next answer',
  async (operations, answers) => {
    const answer = await fetch(`${host.url}/api/ask`, { method: 'POST', body: JSON.stringify(operations) })
    expect(await answer.json()).toEqual(answers)
  },
)
