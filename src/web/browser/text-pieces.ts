/** Most characters of a piece, but for those of its last line. */
const pieceLength = 2000

/** Where in an answer a piece begins, so that reading can begin there again. */
export interface PiecePlace {
  /** Its first character. */
  readonly at: number
  /** The mark that ends the block of code which it goes on with; `undefined` in text, and where a block begins. */
  readonly fence: string | undefined
  /** Whether a block begins here; else it goes on with the block of the piece before it. */
  readonly isFirst: boolean
}

/** A piece of an answer: a block of text or of code, or some lines of a long one. */
export interface TextPiece {
  readonly kind: 'text' | 'code'
  readonly text: string
  readonly from: PiecePlace
}

const start: PiecePlace = { at: 0, fence: undefined, isFirst: true }

/**
 * Splits an answer into text and fenced blocks of code, and these into pieces; a block that is not closed yet goes to the
 * end. All pieces but the last stay what they are while the answer grows: it can be read on from the last one's place.
 * @param text has lines that end with a line feed
 */
export function toPieces(text: string, from: PiecePlace = start): readonly TextPiece[] {
  return findBlocks(text, from).flatMap((block) => cutBlock(text, block))
}

/** Where a block is. */
interface Block {
  readonly kind: TextPiece['kind']
  readonly fence: string | undefined
  readonly from: PiecePlace
  /** Where what it shows begins and ends. */
  readonly content: number
  readonly end: number
}

function findBlocks(text: string, from: PiecePlace): readonly Block[] {
  const blocks: Block[] = []
  let { fence } = from
  let place = from
  let content = from.at
  let at = from.at
  const close = (end: number) => {
    const kind = fence === undefined ? 'text' : 'code'
    blocks.push({ kind, fence, from: place, content, end: Math.max(end, content) })
  }
  for (const line of text.slice(from.at).split('\n')) {
    const next = at + line.length + 1
    const mark = readMark(line)
    const isClosing = fence !== undefined && mark?.startsWith(fence) === true && line.trim() === mark
    if (isClosing || (fence === undefined && mark !== undefined)) {
      close(at - 1)
      fence = isClosing ? undefined : mark
      place = { at: isClosing ? next : at, fence: undefined, isFirst: true }
      content = next
    }
    at = next
  }
  close(text.length)
  return blocks
}

/** What begins or ends a block of code, unless it is code within a line. */
function readMark(line: string): string | undefined {
  return /^ {0,3}(`{3,}(?!`|.*`)|~{3,})/.exec(line)?.[1]
}

function cutBlock(text: string, block: Block): readonly TextPiece[] {
  const { kind, fence, from } = block
  const [first, end] = kind === 'code' ? [block.content, block.end] : trimLines(text, block)
  if (first >= end && !(kind === 'code' && from.isFirst)) return []
  const cuts = findCuts(text, first, end)
  return cuts.map((at, index) => ({
    kind,
    text: text.slice(at, cuts[index + 1] ?? end),
    from: index === 0 ? from : { at, fence, isFirst: false },
  }))
}

/** Leaves out the blank lines between a text and the code before and behind it. */
function trimLines(text: string, { from, content, end }: Block): readonly [first: number, end: number] {
  let first = content
  let last = end
  while (from.isFirst && first < last && text[first] === '\n') first += 1
  while (last > first && text[last - 1] === '\n') last -= 1
  return /\S/.test(text.slice(first, last)) ? [first, last] : [first, first]
}

/** Where pieces begin: with a line. */
function findCuts(text: string, first: number, end: number): readonly number[] {
  const cuts = [first]
  for (let cut = first; ; cuts.push(cut)) {
    cut = text.indexOf('\n', cut + pieceLength) + 1
    if (cut === 0 || cut >= end) return cuts
  }
}
