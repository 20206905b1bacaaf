import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ChatMessage, Content } from '../../src/core/messages.js'
import { parseAttachmentUri } from '../../src/run/attachment.js'
import { detachMedia } from '../../src/session/client/detach-media.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { ScriptedModel, TestEngine, TestSession } from '../../src/testing/index.js'

const key = { agent: 'Looker', session: 's', run: 'r' }

function toImage(length: number, fill = 'A'): Content {
  return { type: 'data', uri: 'data:image/png;base64,'.padEnd(length, fill) }
}

function createRequest(...contents: readonly Content[]) {
  return createRunRequest({ messages: [{ role: 'user', contents }], options: { enableToolCalls: true } })
}

test('media are taken out of a request from a size on, each once; it stays the same request', () => {
  const [small, large, other] = [toImage(1_000), toImage(1_001), toImage(1_001, 'B')]
  const text = { type: 'text', text: 'x'.repeat(5_000) } as const
  const request = createRequest(text, small, large, other, large)
  const detached = detachMedia(key, request, 1_000)
  const [first, second, third, fourth, fifth] = detached.request.messages[0]?.contents ?? []
  expect([first, second]).toEqual([text, small])
  expect(third).toEqual({ type: 'uri', mediaType: 'image/png', uri: expect.stringMatching(/^attachment:/) })
  expect(fifth).toEqual(third)
  expect(fourth).not.toEqual(third)
  expect(detached.attachments.map(({ content }) => content)).toEqual(
    [large, other].map((content) => 'uri' in content && content.uri),
  )
  const place = third?.type === 'uri' ? parseAttachmentUri(third.uri) : undefined
  expect(place).toEqual({ run: 'r', digest: detached.attachments[0]?.digest })
  expect(detached.request.digest).toBe(request.digest)
  expect(detachMedia(key, request, 2_000)).toEqual({ request, attachments: [] })
})

test.each([
  ['data:image/gif;base64,', undefined, 'image/gif'],
  ['data:,', undefined, 'text/plain'],
  ['data:;base64,', undefined, 'text/plain'],
  ['data:image/gif;base64,', 'image/png', 'image/png'],
  ['data:IMAGE/GIF;base64,', undefined, 'image/gif'],
  ['data:;base64,', 'Image/PNG', 'image/png'],
])('%s with the type %s is of the type %s', (uri, mediaType, expected) => {
  const { request } = detachMedia(key, createRequest({ type: 'data', uri, mediaType }), 0)
  expect(request.messages[0]?.contents).toMatchObject([{ mediaType: expected }])
})

async function openEngine() {
  const client = new ScriptedModel(() => ({ text: 'I see.' }))
  const engine = await TestEngine.open({ agents: () => new Agent({ name: 'Looker', client }) })
  const session = new TestSession(engine, key)
  const lastShown = () => client.requests.at(-1)?.messages.flatMap(({ contents }) => contents) ?? []
  return { engine, session, lastShown }
}

const message: ChatMessage = { role: 'user', contents: [toImage(50_000)] }

test('the model is shown a large image, in its own turn and in later ones; log and state carry a reference', async () => {
  const { engine, session, lastShown } = await openEngine()
  await engine.run(async () => {
    const run = (await session.send(message)).run
    expect(lastShown()).toEqual([{ ...toImage(50_000), mediaType: 'image/png' }])
    await session.send('And now?')
    expect(lastShown()[0]).toEqual({ ...toImage(50_000), mediaType: 'image/png' })
    const events = await engine.log.read({ ...key, run })
    expect(JSON.stringify([events, engine.readState(key)]).length).toBeLessThan(5_000)
  })
})

test('the model is told of an image whose run has been deleted', async () => {
  const { engine, session, lastShown } = await openEngine()
  await engine.run(async () => {
    await session.send(message)
    await session.wait(1_000)
    await engine.log.deleteEndedBefore(engine.clock.now() + 1, 10)
    await session.send('And now?')
  })
  expect(lastShown()[0]).toEqual({
    type: 'text',
    text: '[Here was an attachment of type image/png, which is no longer kept.]',
  })
})

test('a message with a large image that steers another run is shown with it', async () => {
  const { engine, session, lastShown } = await openEngine()
  await engine.run(async () => {
    await session.start('First')
    await session.send(message, { onBusy: 'steer' })
  })
  expect(lastShown()).toContainEqual({ ...toImage(50_000), mediaType: 'image/png' })
})
