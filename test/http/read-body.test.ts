import { expect, test } from 'vitest'
import { readBody } from '../../src/http/read-body.js'

/** Reads a text body that comes in these chunks. */
function read(...chunks: readonly Uint8Array[]) {
  return readBody(
    { method: 'POST', url: 'http://localhost/', headers: new Headers(), body: ReadableStream.from(chunks) },
    100,
  )
}

const snowman = Buffer.from('a ☃')

test.each([
  ['no chunk', [], ''],
  ['one chunk', [snowman], 'a ☃'],
  ['chunks that cut a character', [snowman.subarray(0, 3), snowman.subarray(3)], 'a ☃'],
])('a body of %s is read whole', async (_name, chunks, text) => {
  expect(await read(...chunks)).toEqual({ kind: 'text', text })
})

test('a body that is not UTF-8 leaves nothing behind for the next one', async () => {
  await expect(read(snowman.subarray(0, 3))).rejects.toThrow('must be UTF-8')
  expect(await read(snowman)).toEqual({ kind: 'text', text: 'a ☃' })
})
