/** A JSON object whose members nobody has checked yet. */
export type UncheckedObject = Readonly<Record<string, unknown>>

/** True for what JSON calls an object: not null, not an array. */
export function isObject(value: unknown): value is UncheckedObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text without byte order mark, comments and trailing commas, which settings files may have. Strings stay as they are. */
export function stripJsonComments(text: string): string {
  const token = /"(?:[^"\\]|\\.)*"?|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)/g
  const bare = text.replace(/^\uFEFF/, '').replace(token, (match) => (match.startsWith('"') ? match : ' '))
  return bare.replace(/"(?:[^"\\]|\\.)*"?|,(?=\s*[}\]])/g, (match) => (match === ',' ? '' : match))
}
