/** Who does something: somebody who talks to a session, the session's entity, or the watchdog. */
export type Actor = 'caller' | 'entity' | 'watchdog'

/**
 * A place where a process touches something that outlives it: the run log, the state of an entity, a message. A crash
 * in between two of them cannot be told from one right before the second.
 */
export interface Boundary {
  readonly actor: Actor
  /** What happens, e.g. `append step.completed to run-1`. */
  readonly name: string
  readonly type: 'read' | 'write'
  /** Whether a living process may be told that it failed. */
  readonly canFail: boolean
}
