import type { AgentDefinition } from '../../agent/agent-definition.js'
import { toOpenTokens } from '../../agent/loop/open-tokens.js'
import { measureEnd } from '../../agent/telemetry/run-meter.js'
import type { Clock } from '../../core/clock.js'
import type { TerminalEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { type Delegate, findDelegates } from './delegates.js'
import { cancelAnswers } from './open-answers.js'

export interface EndDelegatedRunsOptions {
  readonly log: RunLog
  readonly clock: Clock
}

const ended: TerminalEvent = {
  type: 'run.cancelled',
  data: { reason: 'The run that it worked for has ended.', text: '' },
}

/**
 * Ends what still works for a run that has ended without it, and tells providers that nobody waits for their answers. Nothing
 * else would: only the run that they work for goes on with them. Doing it twice is doing it once.
 */
export async function endDelegatedRuns(
  agent: AgentDefinition,
  key: RunKey,
  { steps }: RunState,
  options: EndDelegatedRunsOptions,
): Promise<void> {
  const calls = steps.flatMap((step) => step.calls)
  // Where a call gave something, whoever worked for it has ended.
  const vain = calls.filter(({ completed }) => completed?.result === undefined)
  for (const delegate of findDelegates(agent, key, vain)) await endRun(delegate, options)
}

async function endRun({ agent, key }: Delegate, options: EndDelegatedRunsOptions): Promise<void> {
  const { log, clock } = options
  const events = await log.read(key)
  const state = fold(events)
  if (state.request === undefined) return
  if (state.outcome === undefined) {
    await log.append(key, events.length, [ended])
    measureEnd({ agent, acceptedAt: events[0]?.at, endedAt: clock.now() }, ended)
    const answers = toOpenTokens(agent, state).map((token) => ({ agent, token }))
    await cancelAnswers(answers, clock)
  }
  await endDelegatedRuns(agent, key, state, options)
}
