import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { conversation, crashEverywhere, ScriptedModel } from '../../src/testing/index.js'

test('plain', async () => {
  const t = performance.now()
  const report = await crashEverywhere({
    agent: () =>
      new Agent({
        name: 'Plain',
        client: new ScriptedModel(
          conversation([{ text: 'Hello.', chunks: ['Hel', 'lo.'] }, { text: 'Again' }]),
        ),
      }),
    async play(session) {
      expect(await session.send('Hi')).toMatchObject({ status: 'completed', text: 'Hello.' })
      expect(await session.send('Hi')).toMatchObject({ status: 'completed', text: 'Again' })
    },
  })
  console.log(report, performance.now() - t)
})
