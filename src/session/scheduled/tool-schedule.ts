import type { ToolSchedule } from '../../agent/tools/durable-tools.js'
import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { createTextMessage } from '../../core/messages.js'
import { toRunRequest } from '../../run/events.js'
import { toOutermostRun } from '../../run/inner-run.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { toScheduledRun } from '../../run/scheduled-run.js'
import type { AllowanceGate } from '../allowance/allowance-gate.js'
import { createRunRequest } from '../client/run-request.js'
import { longestDelayMs, type ScheduledMessages } from './scheduled-messages.js'

export interface ToolScheduleParts {
  readonly scheduled: ScheduledMessages
  readonly log: RunLog
  /** `undefined` when owners may spend as much as they like. */
  readonly allowance: AllowanceGate | undefined
  readonly clock: Clock
}

/** The messages that a session is to be sent later, as a tool call of one of its runs may add to them. `nextId` follows from the call. */
export function createToolSchedule(
  { scheduled, log, allowance, clock }: ToolScheduleParts,
  run: RunKey,
  nextId: () => string,
): ToolSchedule {
  return {
    async schedule(message, sendAt) {
      const time = sendAt.getTime()
      if (!(time <= clock.now() + longestDelayMs))
        throw new AgentError('invalid_request', 'sendAt must be a time within a year.')
      const key = { ...run, run: nextId() }
      // A call that is executed again may name another time: what was scheduled first counts.
      if ((await log.read(toScheduledRun(key))).length > 0) return key.run
      const owner = toRunRequest(await log.read({ ...run, run: toOutermostRun(run) ?? run.run }))?.owner
      // An agent that asks itself for more and more would else never be stopped.
      await allowance?.pass(owner, async () => false)
      const options = { enableToolCalls: true, sendAt: sendAt.toISOString() }
      const messages = [createTextMessage('user', message)]
      await scheduled.schedule(key, options.sendAt, createRunRequest({ messages, options, owner }))
      return key.run
    },
    listScheduled: () => scheduled.list(run),
    async takeBack(correlationId) {
      const state = await scheduled.takeBack({ ...run, run: correlationId })
      return state?.outcome?.type === 'run.cancelled'
    },
  }
}
