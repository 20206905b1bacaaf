import type { AgentDefinition } from '../../agent/agent-definition.js'
import { toOpenTokens } from '../../agent/loop/open-tokens.js'
import { measureEnd } from '../../agent/telemetry/run-meter.js'
import type { TerminalEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import type { RunDrive } from '../execution/run-drive.js'
import { type Delegate, findDelegates } from './delegates.js'
import { cancelAnswers } from './open-answers.js'

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
  parts: Pick<RunDrive, 'log' | 'clock'>,
): Promise<void> {
  const calls = steps.flatMap((step) => step.calls)
  // Where a call gave something, whoever worked for it has ended.
  const vain = calls.filter(({ completed }) => completed?.result === undefined)
  for (const delegate of findDelegates(agent, key, vain)) await endRun(delegate, parts)
}

async function endRun({ agent, key }: Delegate, parts: Pick<RunDrive, 'log' | 'clock'>): Promise<void> {
  const { log, clock } = parts
  const events = await log.read(key)
  const state = fold(events)
  if (state.request === undefined) return
  if (state.outcome === undefined) {
    await log.append(key, events.length, [ended])
    measureEnd({ agent, acceptedAt: events[0]?.at, endedAt: clock.now() }, ended)
    const answers = toOpenTokens(agent, state).map((token) => ({ agent, token }))
    await cancelAnswers(answers, clock)
  }
  await endDelegatedRuns(agent, key, state, parts)
}
