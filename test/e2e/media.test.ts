import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { withDatabase } from '../support/sqlite-files.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene
beforeAll(async () => {
  scene = await RunScene.set(bed)
})

const image = `data:image/png;base64,${'iVBORw0KGgo'.repeat(10_000)}A`

function countAttachments(): unknown {
  const count = 'SELECT count(*) AS count FROM attachments'
  return withDatabase(scene.file(), (database) => database.prepare(count).get()?.count)
}

test('a large image reaches the model in each turn, also after a restart, and goes with its session', async () => {
  const content = [
    { type: 'text', text: 'What is this?' },
    { type: 'image', url: image },
  ]
  const sent = { messages: [{ content }], sessionId: 'looker', correlationId: 'r' }
  const { status } = await scene.api.run(sent)
  expect(status).toBe(200)
  expect((await scene.api.run(sent)).status).toBe(200)
  await scene.restart()
  await scene.api.run({ message: 'And what was it?', sessionId: 'looker' })
  const asked = scene.model.requests.map(({ body }) => JSON.stringify(body.messages))
  expect(asked).toHaveLength(2)
  for (const messages of asked) expect(messages).toContain(image)
  const events = await (await scene.api.events('looker', 'r')).end()
  expect(JSON.stringify(events)).toMatch(/"uri":"attachment:[^"]+","mediaType":"image\/png"/)
  expect(JSON.stringify(events).length).toBeLessThan(10_000)
  expect(countAttachments()).toBe(1)
  await scene.api.remove('looker')
  expect(countAttachments()).toBe(0)
})
