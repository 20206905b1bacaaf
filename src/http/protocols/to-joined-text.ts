/** What a message says that is text, or parts of nothing but text. */
export function toJoinedText(content: string | readonly { readonly text: string }[]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}
