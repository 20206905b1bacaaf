import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { Clock } from '../../core/clock.js'
import type { RunLog, SessionKey } from '../../run/run-log.js'
import { cancelAnswers, findOpenAnswers } from '../delegation/open-answers.js'
import { announceDeletion } from '../replies/announce-end.js'
import type { RaiseEvent } from '../replies/raise-event.js'

export interface DeleteRunsOptions {
  readonly log: RunLog
  /** The session's agent; without it no provider hears that nobody waits any more. */
  readonly agent: AgentDefinition | undefined
  /** Runs accepted since stay: a deletion that comes late, or once more, has nothing to do with them. Ms since 1970. */
  readonly before: number
  /** Reaches orchestrations that wait for runs; `undefined` where there is no durable client. */
  readonly raiseEvent: RaiseEvent | undefined
  readonly clock: Clock
}

/** Deletes a session's runs with their logs, and tells whoever waits for one, or works for one, that nothing will come of it. */
export async function deleteRuns(key: SessionKey, options: DeleteRunsOptions): Promise<void> {
  const { log, agent, before, raiseEvent, clock } = options
  await announceDeletion(raiseEvent, log, key, before)
  const answers = agent === undefined ? [] : await findOpenAnswers(agent, log, key, before)
  await log.deleteSession(key, before)
  await cancelAnswers(answers, clock)
}
