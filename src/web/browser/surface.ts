import type { JsonObject } from '../../core/json.js'
import { readObjects, readText, readTexts } from './read-fields.js'

/** An agent that can be talked to. */
export interface ListedAgent {
  readonly name: string
  /** The tools whose work can be undone. */
  readonly undoable: ReadonlySet<string>
}

/** The agents of an app, in order of registration. */
export function toListedAgents(found: JsonObject): readonly ListedAgent[] {
  return readObjects(found, 'agents').map((agent) => ({
    name: readText(agent, 'name'),
    undoable: new Set(readTexts(agent, 'undoable')),
  }))
}

/** The tools of an agent whose work can be undone; none of one that is not there. */
export function findUndoable(agents: readonly ListedAgent[], name: string): ReadonlySet<string> {
  return agents.find((agent) => agent.name === name)?.undoable ?? new Set()
}
