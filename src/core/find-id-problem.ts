/** Most characters that the id of a session may have. */
export const longestSessionId = 200

/** Most characters that a correlation id may have. */
export const longestCorrelationId = 128

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get in
const forbidden = /[/\\#?@'\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u

/**
 * What is wrong with an id that becomes part of paths, entity keys and file names, as half a sentence; `undefined` when
 * nothing is (docs/http.md, What a run is asked with).
 * Security: `.`, `..` and `$` are legal characters but name other things in URLs and in the Durable extension's API. An apostrophe
 * ends the text in which the extension asks Azure Storage for an entity's history: it would ask in vain, and never stop.
 */
export function findIdProblem(text: string, maxLength: number): string | undefined {
  if (text.trim() === '') return 'must not be blank'
  if (text.length > maxLength) return `must have at most ${maxLength} characters, not ${text.length}`
  if (forbidden.test(text)) return "must not contain / \\ # ? @ ' or control characters"
  if (text === '.' || text === '..' || text === '$') return `must not be "${text}"`
  return undefined
}
