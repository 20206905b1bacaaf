// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get out
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text as a terminal may have it: line breaks and tabs stay, carriage returns go, and every other control character is
 * replaced by a visible sign.
 * Security: escape sequences in what a model says could rewrite the screen or the clipboard, and marks that turn the
 * direction of writing could show other arguments than those that are approved.
 */
export function toPlainText(text: string): string {
  return text.replaceAll('\r', '').replace(controls, toSign)
}

/** The same on one line: line breaks and tabs become visible signs too. */
export function toPlainLine(text: string): string {
  return toPlainText(text).replace(/[\n\t\u2028\u2029]/g, toSign)
}

/** Unicode has pictures of the characters up to U+001F, in their order from U+2400 on, and of U+007F. */
function toSign(control: string): string {
  const code = control.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}
