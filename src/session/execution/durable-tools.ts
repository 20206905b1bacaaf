import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions'
import { z } from 'zod'
import {
  type DurableToolContext,
  type DurableTools,
  type OrchestrationStatus,
  type PendingOutput,
  PendingResult,
} from '../../agent/tools/durable-tools.js'
import type { Clock } from '../../core/clock.js'
import type { JsonValue } from '../../core/json.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import type { AllowanceOptions } from '../allowance/allowance.js'
import { AllowanceGate } from '../allowance/allowance-gate.js'
import { findOrchestration } from '../client/ask-task-hub.js'
import { startOnce } from '../client/start-once.js'
import { createRaiseEvent } from '../replies/raise-event.js'
import { ScheduledMessages } from '../scheduled/scheduled-messages.js'
import { createToolSchedule } from '../scheduled/tool-schedule.js'
import { sealInput } from '../sealed-input.js'

/** The name of the orchestration that runs another one for a tool call, and reports what came of it. */
export const toolRunOrchestrator = 'dafx-tool-run'

/** Which tool call a result is for, as it comes back to the entity. */
export interface ToolCallAddress {
  readonly agent: string
  /** The session's key. */
  readonly session: string
  /** The run, `<run>/<call>` when it works for another one. */
  readonly correlationId: string
  readonly callId: string
  /** Tells the call from those of runs that had its ids before, or will have them: a session may be deleted, and begun anew. Absent in calls of earlier releases. */
  readonly idempotencyKey?: string | undefined
}

/** The input of {@link toolRunOrchestrator}. */
export interface ToolRunInput extends ToolCallAddress {
  readonly orchestration: string
  readonly instanceId: string
  readonly input?: JsonValue | undefined
}

/** The output of {@link toolRunOrchestrator}: what it has reported. */
export type ToolRunOutput = PendingOutput

export interface DurableToolParts {
  readonly log: RunLog
  /** What each owner may spend; `undefined` for as much as they like. */
  readonly allowance: AllowanceOptions | undefined
  readonly maxInlineMediaBytes: number
  readonly clock: Clock
}

/** The durable side of the tool calls of a run. */
export function createDurableTools(
  client: DurableClient,
  run: RunKey,
  { log, allowance, maxInlineMediaBytes, clock }: DurableToolParts,
): DurableTools {
  const { agent, session, run: correlationId } = run
  const raiseEvent = createRaiseEvent(client, clock)
  return ({ callId, idempotencyKey }): DurableToolContext => {
    let started = 0
    const nextId = (): string => {
      started += 1
      return started === 1 ? idempotencyKey : `${idempotencyKey}-${started}`
    }
    const scheduled = new ScheduledMessages({ durable: client, log, maxInlineMediaBytes, clock })
    const gate = allowance && new AllowanceGate(client, allowance, clock)
    return {
      ...createToolSchedule({ scheduled, log, allowance: gate, clock }, run, nextId),
      async startOrchestration(name, input) {
        const instanceId = nextId()
        await startOnce(client, name, instanceId, input)
        return instanceId
      },
      async runOrchestration(name, input) {
        const instanceId = nextId()
        const call = { agent, session, correlationId, callId, idempotencyKey }
        const toolRun: ToolRunInput = { ...call, orchestration: name, instanceId, input }
        const report = await startOnce(
          client,
          toolRunOrchestrator,
          `${instanceId}-report`,
          sealInput(toolRun),
        )
        return new PendingResult(instanceId, readOutput(report))
      },
      getStatus: (instanceId) => readStatus(client, instanceId),
      raiseEvent: (instanceId, name, data) => raiseEvent(instanceId, name, data),
    }
  }
}

/** What a report was that has been sent: maybe to a run of the same name that was deleted since, so none would come any more. */
function readOutput(report: DurableOrchestrationStatus | undefined): PendingOutput | undefined {
  if (report?.runtimeStatus !== 'Completed') return undefined
  const parsed = pendingOutput.safeParse(report.output)
  return parsed.success ? parsed.data : undefined
}

const pendingOutput = z.union([z.object({ result: z.json() }), z.object({ error: z.string() })])

async function readStatus(
  client: DurableClient,
  instanceId: string,
): Promise<OrchestrationStatus | undefined> {
  const found = await findOrchestration(client, instanceId)
  return found && toStatus(found)
}

function toStatus(status: DurableOrchestrationStatus): OrchestrationStatus {
  const { instanceId, name, runtimeStatus, output, customStatus } = status
  return { instanceId, name, runtimeStatus, output, customStatus }
}
