import { getEventListeners } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { HttpBody } from '../../../src/model/wire/http-body.js'

const packet = Buffer.alloc(16 * 1024)

function create(signal?: AbortSignal) {
  const source = new PassThrough()
  return { source, body: new HttpBody(source, signal) }
}

/** Lets everything happen that is only waiting for its turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('gives packets one by one, those that waited first, then the end', async () => {
  const { source, body } = create()
  source.write('a')
  await settle()
  source.write('b')
  await settle()
  expect(String((await body.read()).value)).toBe('a')
  expect(String((await body.read()).value)).toBe('b')
  const next = body.read()
  source.end('c')
  expect(String((await next).value)).toBe('c')
  expect(await body.read()).toEqual({ value: undefined, done: true })
  expect(await body.read()).toEqual({ value: undefined, done: true })
})

test('takes no more than 64 KiB in for a reader who is slow, and goes on when some of it was read', async () => {
  const { source, body } = create()
  for (let count = 0; count < 8; count++) source.write(packet)
  await settle()
  expect(source.isPaused()).toBe(true)
  expect(source.readableLength + source.writableLength).toBeGreaterThanOrEqual(4 * packet.length)
  await body.read()
  expect(source.isPaused()).toBe(false)
  source.end()
  let rest = 0
  for (let next = await body.read(); !next.done; next = await body.read()) rest += next.value.byteLength
  expect(rest).toBe(7 * packet.length)
})

test('gives what came before the body was broken off, and then fails', async () => {
  const { source, body } = create()
  source.write('a')
  await settle()
  const cause = new Error('reset')
  source.destroy(cause)
  await settle()
  expect(String((await body.read()).value)).toBe('a')
  await expect(body.read()).rejects.toThrow(TypeError)
  await expect(body.read()).rejects.toMatchObject({ cause })
})

test('fails when the source is closed without an end', async () => {
  const { source, body } = create()
  const next = body.read()
  source.destroy()
  await expect(next).rejects.toThrow('terminated')
})

test.each(['while somebody reads', 'while nobody reads'])(
  'an abort %s fails at once with its reason',
  async (when) => {
    const controller = new AbortController()
    const { source, body } = create(controller.signal)
    source.write('a')
    await settle()
    if (when === 'while somebody reads') await body.read()
    const next = when === 'while somebody reads' ? body.read() : undefined
    controller.abort('enough')
    await expect(next ?? body.read()).rejects.toBe('enough')
    expect(source.destroyed).toBe(true)
  },
)

test('lets go of the signal at the end', async () => {
  const controller = new AbortController()
  const { source, body } = create(controller.signal)
  source.end()
  expect((await body.read()).done).toBe(true)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})

test('ends the source, and who waits, when it is cancelled', async () => {
  const { source, body } = create()
  const next = body.read()
  await body.cancel()
  expect(await next).toEqual({ value: undefined, done: true })
  expect(source.destroyed).toBe(true)
})
