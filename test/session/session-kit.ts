import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { Tool } from '../../src/agent/agent-definition.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { ToolContext } from '../../src/agent/tools/tool-context.js'
import type { ToolOptions } from '../../src/agent/tools/tool-options.js'
import type { Clock } from '../../src/core/clock.js'
import { createTextMessage } from '../../src/core/messages.js'
import type { Schema } from '../../src/core/schema.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunOptions } from '../../src/run/events.js'
import type { RunLog } from '../../src/run/run-log.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import type { AgentEntityOptions } from '../../src/session/entity/agent-entity.js'
import type { OperationLimits } from '../../src/session/execution/execution-limits.js'
import { VirtualClock } from '../../src/testing/engine/virtual-clock.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { EntityKit } from './entity-kit.js'

/** The one session of these tests. */
export const key = { agent: 'Agent', session: 's' }

/** Accepts a message as the HTTP route does. */
export function ask(log: RunLog, run: string, text = run, options: Partial<RunOptions> = {}) {
  const messages = [createTextMessage('user', text)]
  const request = createRunRequest({ messages, options: { enableToolCalls: true, ...options } })
  return log.create({ ...key, run }, request)
}

/** A log that takes a turn of the event loop for everything, as every other one does: who does not wait for it is found out. */
export function createDistantLog(): RunLog {
  const log = new MemoryRunLog()
  const { append, control, controls, read, runsAfter } = log
  return Object.assign(log, {
    append: (...args: Parameters<typeof append>) => nextTurn().then(() => append.apply(log, args)),
    control: (...args: Parameters<typeof control>) => nextTurn().then(() => control.apply(log, args)),
    controls: (...args: Parameters<typeof controls>) => nextTurn().then(() => controls.apply(log, args)),
    read: (...args: Parameters<typeof read>) => nextTurn().then(() => read.apply(log, args)),
    runsAfter: (...args: Parameters<typeof runsAfter>) => nextTurn().then(() => runsAfter.apply(log, args)),
  })
}

export interface SessionOptions {
  readonly log?: RunLog
  readonly tools?: readonly Tool[]
  readonly agent?: Partial<AgentOptions>
  readonly limits?: OperationLimits
  readonly clock?: Clock
  readonly telemetry?: AgentEntityOptions['telemetry']
  readonly webhooks?: AgentEntityOptions['webhooks']
}

/** An agent with a scripted model, and the entity of its session. */
export function createSession(
  script: ModelScript,
  { log = createDistantLog(), tools = [], ...rest }: SessionOptions = {},
) {
  const client = new ScriptedModel(script)
  const agent = new Agent({ name: 'Agent', client, tools, ...rest.agent })
  const limits = rest.limits === undefined ? {} : { limits: rest.limits }
  const { clock, telemetry, webhooks } = rest
  const entity = new EntityKit({ agent, log, ...limits, clock, telemetry, webhooks })
  return { log, client, entity, agent }
}

/** A clock that goes on by itself when somebody sleeps: pauses take no time. */
export function createSleepingClock(): VirtualClock {
  const clock = new VirtualClock()
  clock.sleep = async (ms) => clock.advanceTo(clock.now() + ms)
  return clock
}

/** Lets time pass in steps, as timers set others. */
export async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end; ) {
    clock.advanceTo(clock.now() + 5_000)
    await nextTurn()
  }
}

/** A tool named `work` that gives ten times its number, and the contexts it was called with. */
export function createTool(options: Partial<ToolOptions<Schema<{ n: number }>, unknown>> = {}) {
  const executions: (ToolContext & { readonly n: number })[] = []
  const made = tool({
    name: 'work',
    description: '',
    parameters: z.object({ n: z.number() }) as Schema<{ n: number }>,
    execute: ({ n }, context) => {
      executions.push({ ...context, n })
      return n * 10
    },
    ...options,
  })
  return { made, executions }
}

/** The model step that calls `work` for each number. */
export function callWork(...numbers: readonly number[]) {
  return { calls: numbers.map((n) => ({ name: 'work', arguments: { n }, callId: `call-${n}` })) }
}
