import { AgentError } from '../../core/errors.js'

/** Names that stand for devices on Windows, whatever follows a dot. (Microsoft Learn, "Naming Files, Paths, and Namespaces".) */
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/** The longest name that common file systems take; bytes. */
const maxNameBytes = 255

/**
 * The name of a session's file. Different ids have different names, also where case does not count.
 * Security: ids come from callers, so one that could name anything but a file right in the folder is refused.
 * @throws {AgentError} `invalid_request` saying what is wrong with the id.
 */
export function toSessionFileName(id: string): string {
  const refuse = (why: string) =>
    new AgentError('invalid_request', `The session id ${JSON.stringify(id)} cannot be a file's name: ${why}.`)
  if (/[/\\:]|\p{Cc}|\p{Surrogate}/u.test(id))
    throw refuse('it has "/", "\\", ":" or a control character in it')
  if (id.startsWith('.') || /[. ]$/.test(id))
    throw refuse('it begins with a dot, or ends with a dot or a space')
  if (reserved.test(id)) throw refuse('Windows has a device of that name')
  const name = `${id.replaceAll(/[^a-z0-9._-]/gu, (character) => encode(character))}.jsonl`
  if (name.length > maxNameBytes) throw refuse('it is too long')
  return name
}

/** Capital letters too, as some file systems do not tell them from small ones. */
function encode(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
