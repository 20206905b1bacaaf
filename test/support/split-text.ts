/** Cuts text into at most `count` pieces of about the same length; never between the halves of a character. */
export function splitText(text: string, count: number): string[] {
  const characters = [...text]
  const size = Math.max(1, Math.ceil(characters.length / Math.max(1, count)))
  const pieces: string[] = []
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''))
  return pieces
}
