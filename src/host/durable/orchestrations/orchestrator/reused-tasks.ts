import { isObject } from '../../../unchecked-object.js'
import { asList } from './json-checks.js'

/**
 * True when an action that the orchestrator's function has added after the first `known` ones holds another one that stood
 * in its list before. `answer` is what the client library returned, before it became JSON: only there one can tell a
 * task that is used twice from two equal ones.
 */
export function hasReusedTasks(answer: unknown, known: number): boolean {
  if (!isObject(answer) || !Array.isArray(answer.actions)) return false
  const seen = new Set<unknown>()
  const actions = answer.actions.flatMap((list) => asList(list, 'actions[]'))
  return actions.some((action, index) => visit(action, seen) && index >= known)
}

/** Notes an action and those in it; true when one of them had been noted. */
function visit(action: unknown, seen: Set<unknown>): boolean {
  const isSeen = seen.has(action)
  seen.add(action)
  const parts: unknown = isObject(action) ? action.compoundActions : undefined
  return Array.isArray(parts) ? parts.map((part) => visit(part, seen)).includes(true) || isSeen : isSeen
}
