import { refuse } from '../../core/check-options.js'

/**
 * What middleware or a provider gives, or nothing. Programs without types give a text in place of an object with one: what it was to change,
 * such as what is redacted, would stay as it is without a word.
 * Security: what was given is not told, as it may be just that.
 * @throws {AgentError} `invalid_configuration` when it is neither nothing nor an object with any of these members.
 */
export function readGiven<Given extends object>(
  from: string,
  given: Given | undefined,
  members: readonly (Given extends unknown ? keyof Given & string : never)[],
): Given | undefined {
  if (given === undefined) return undefined
  const names = typeof given === 'object' ? Object.keys(given) : ['']
  if (names.length === 0 || members.some((member) => names.includes(member))) return given
  refuse(`${from} must give an object with ${members.join(', ')}, or nothing: what it gave is neither.`)
}
