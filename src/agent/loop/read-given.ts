import { refuse } from '../../core/check-options.js'

/** What a member holds. */
export type MemberKind = 'text' | 'list'

/** The members that may be given, of all the forms that there are. */
type Kinds<Given> = Record<Given extends unknown ? keyof Given & string : never, MemberKind>

/**
 * What middleware or a provider gives, or nothing. Programs without types give a text in place of an object with one: what it was to change,
 * such as what is redacted, would stay as it is without a word.
 * Security: what was given is not told, as it may be just that.
 * @throws {AgentError} `invalid_configuration` when it is neither nothing nor an object with any of these members, each of its kind.
 */
export function readGiven<Given extends object>(
  from: string,
  given: Given | undefined,
  kinds: Kinds<Given>,
): Given | undefined {
  if (given === undefined) return undefined
  const entries = Object.entries<MemberKind>(kinds)
  const names = typeof given === 'object' ? Object.keys(given) : ['']
  const isRead = names.length === 0 || entries.some(([name]) => names.includes(name))
  const members: Readonly<Record<string, unknown>> = Object(given)
  if (isRead && entries.every(([name, kind]) => isOfKind(members[name], kind))) return given
  const forms = entries.map(([name, kind]) => `${name} (a ${kind})`).join(', ')
  refuse(`${from} must give an object with ${forms}, or nothing: what it gave is neither.`)
}

function isOfKind(value: unknown, kind: MemberKind): boolean {
  if (value === undefined) return true
  return kind === 'list' ? Array.isArray(value) : typeof value === 'string'
}
