/**
 * A text with each of its lines marked as quoted, so that none can pass for what stands around it. Everything that a reader may
 * take for the end of a line counts as one (Unicode Standard, section 5.8).
 */
export function quoteLines(text: string): string {
  return text
    .split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/)
    .map((line) => `> ${line}`)
    .join('\n')
}
