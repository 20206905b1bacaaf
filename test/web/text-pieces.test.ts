import { describe, expect, test } from 'vitest'
import { type TextPiece, toPieces } from '../../src/web/browser/text-pieces.js'

/** Whole blocks, of their pieces. */
function toBlocks(pieces: readonly TextPiece[]): readonly string[] {
  const blocks: string[] = []
  for (const { kind, text, from } of pieces) {
    if (from.isFirst) blocks.push(`${kind}: ${text}`)
    else blocks.push(`${blocks.pop()}${text}`)
  }
  return blocks
}

describe('an answer', () => {
  test('is text with its line breaks, and code between fences', () => {
    expect(toBlocks(toPieces('a\nb\n\n```ts\nx\n\n  y\n```\nc'))).toEqual([
      'text: a\nb',
      'code: x\n\n  y',
      'text: c',
    ])
  })

  test.each([
    ['a block that is not closed', '```\nx', ['code: x']],
    ['a shorter fence in a block', '````\n```\n````', ['code: ```']],
    ['code within a line', '```npm i``` first', ['text: ```npm i``` first']],
    ['a block with nothing in it', '```\n```', ['code: ']],
    ['blank lines alone', '\n \n', []],
  ])('loses nothing that was said: %s', (_what, text, blocks) => {
    expect(toBlocks(toPieces(text))).toEqual(blocks)
  })
})

describe('a long answer', () => {
  const line = `${'word '.repeat(30)}\n`
  const long = `${line.repeat(40)}\n\n\`\`\`\n${line.repeat(40)}\`\`\`\n${line.repeat(40)}~~~\n${line.repeat(20)}`

  test('is split between its lines, into pieces of which none is long', () => {
    const pieces = toPieces(long)
    expect(pieces.every(({ text }) => text.length < 2_200)).toBe(true)
    expect(toBlocks(pieces).map((block) => block.length)).toEqual([6045, 6045, 6045, 3026])
  })

  test('grows at its end alone: what is before its last piece stays as it is', () => {
    let shown: readonly TextPiece[] = []
    for (let end = 0; end <= long.length; end += 17) {
      const [last, settled] = [shown.at(-1), shown.slice(0, -1)]
      shown = [...settled, ...toPieces(long.slice(0, end), last?.from)]
      const whole = toPieces(long.slice(0, end))
      expect(toBlocks(shown).map((block) => block.trimEnd())).toEqual(
        toBlocks(whole).map((block) => block.trimEnd()),
      )
    }
  })

  test('of nothing but fences is read in no time', () => {
    const fences = `${'`'.repeat(300_000)}x\``
    expect(toBlocks(toPieces(fences))).toEqual([`text: ${fences}`])
  })

  test('of line breaks is read in no time', () => {
    const breaks = `a${'\n'.repeat(500_000)}b`
    expect(toBlocks(toPieces(breaks))).toEqual([`text: ${breaks}`])
  })
})
