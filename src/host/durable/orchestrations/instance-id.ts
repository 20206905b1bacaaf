import { isEntityKey } from '../entities/entity-id.js'

const longest = 256

/** Half a sentence about what is wrong with an id; `undefined` when nothing is. */
export function findIdProblem(id: string): string | undefined {
  if (id.trim() === '') return 'is blank'
  if (id.startsWith('@')) return 'starts with @, as only those of entities do'
  if (id.length > longest) return `is longer than ${longest} characters`
  if (!isEntityKey(id)) return 'holds one of the characters / \\ # ? or a control character'
  return undefined
}
