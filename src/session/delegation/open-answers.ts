import type { AgentDefinition } from '../../agent/agent-definition.js'
import { toOpenTokens } from '../../agent/loop/open-tokens.js'
import { type Clock, systemClock } from '../../core/clock.js'
import { findOpenRuns } from '../../run/find-runs.js'
import { fold, toLastCalls } from '../../run/fold.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import { findDelegates } from './delegates.js'

/** How long a provider may take to hear that nobody waits for its answer any more; ms. */
const cancelLimitMs = 10_000

/** An answer that a provider makes in the background, or that waits there for the results of its calls. */
export interface OpenAnswer {
  /** Whose model is at work. */
  readonly agent: AgentDefinition
  /** What the model's client knows it by. */
  readonly token: string
}

/** What is made in the background for the runs of a session that were accepted before `before` (ms since 1970) and have not ended. */
export async function findOpenAnswers(
  agent: AgentDefinition,
  log: RunLog,
  key: SessionKey,
  before: number,
): Promise<readonly OpenAnswer[]> {
  const all = await findOpenRuns(log, key)
  const open = all.filter(({ acceptedAt }) => acceptedAt < before)
  const found = await Promise.all(open.map(({ run }) => findAnswersOf(agent, log, { ...key, run })))
  return found.flat()
}

/** What is made in the background for a run, and for the agents that work for it. */
export async function findAnswersOf(
  agent: AgentDefinition,
  log: RunLog,
  key: RunKey,
): Promise<readonly OpenAnswer[]> {
  const state = fold(await log.read(key))
  const calls = toLastCalls(state).filter(({ completed }) => completed === undefined)
  const delegated = await Promise.all(
    findDelegates(agent, key, calls).map((delegate) => findAnswersOf(delegate.agent, log, delegate.key)),
  )
  return [...toOpenTokens(agent, state).map((token) => ({ agent, token })), ...delegated.flat()]
}

/**
 * Tells providers that nobody waits for these answers any more. To be called when no executor of their runs can write any
 * more: it would take a cancelled answer for a lost one, and ask again.
 */
export async function cancelAnswers(
  answers: readonly OpenAnswer[],
  clock: Clock = systemClock,
): Promise<void> {
  await Promise.all(
    answers.map(async ({ agent, token }) => {
      // Should a provider not hear, it works in vain, which harms nobody.
      await agent.client.cancel?.(token, { signal: clock.timeout(cancelLimitMs) }).catch(() => {})
    }),
  )
}
