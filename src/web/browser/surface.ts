import type { JsonObject } from '../../core/json.js'
import { readObjects, readText, readTexts } from './read-fields.js'

/** An agent that can be talked to. */
interface ListedAgent {
  readonly name: string
  /** The tools whose work can be undone. */
  readonly undoable: ReadonlySet<string>
}

/** What an app has that the page shows. */
export interface Surface {
  /** In order of registration. */
  readonly agents: readonly ListedAgent[]
  readonly hasWorkflows: boolean
  /** Whether its users may spend only so much. */
  readonly hasAllowance: boolean
}

/** That of an app of which nothing is known yet. */
export const noSurface: Surface = { agents: [], hasWorkflows: false, hasAllowance: false }

/** What an app says that it has (`GET agents`). */
export function toSurface(found: JsonObject): Surface {
  const agents = readObjects(found, 'agents').map((agent) => ({
    name: readText(agent, 'name'),
    undoable: new Set(readTexts(agent, 'undoable')),
  }))
  return {
    agents,
    hasWorkflows: readTexts(found, 'workflows').length > 0,
    hasAllowance: found.allowance === true,
  }
}

/** The tools of an agent whose work can be undone; none of one that is not there. */
export function findUndoable(agents: Surface['agents'], name: string): ReadonlySet<string> {
  return agents.find((agent) => agent.name === name)?.undoable ?? new Set()
}
