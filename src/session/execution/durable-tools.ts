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
import type { RunKey } from '../../run/run-log.js'
import { findOrchestration } from '../client/ask-task-hub.js'
import { createRaiseEvent } from '../replies/announce-end.js'

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
}

/** The input of {@link toolRunOrchestrator}. */
export interface ToolRunInput extends ToolCallAddress {
  readonly orchestration: string
  readonly instanceId: string
  readonly input?: JsonValue | undefined
}

/** The output of {@link toolRunOrchestrator}: what it has reported. */
export type ToolRunOutput = PendingOutput

/** The orchestrations of an app, as the tool calls of a run may use them. */
export function createDurableTools(
  client: DurableClient,
  { agent, session, run: correlationId }: RunKey,
  clock: Clock,
): DurableTools {
  const raiseEvent = createRaiseEvent(client, clock)
  const start = async (name: string, instanceId: string, input: unknown) => {
    // A second start under its id would begin an orchestration anew that has ended.
    const known = await readStatus(client, instanceId)
    if (known !== undefined) return known
    try {
      await client.startNew(name, { instanceId, input })
    } catch (error) {
      // It may have been started although the answer was lost.
      if ((await readStatus(client, instanceId)) === undefined) throw error
    }
    return undefined
  }
  return ({ callId, idempotencyKey }): DurableToolContext => {
    let started = 0
    const nextId = (): string => {
      started += 1
      return started === 1 ? idempotencyKey : `${idempotencyKey}-${started}`
    }
    return {
      async startOrchestration(name, input) {
        const instanceId = nextId()
        await start(name, instanceId, input)
        return instanceId
      },
      async runOrchestration(name, input) {
        const instanceId = nextId()
        const call = { agent, session, correlationId, callId }
        const toolRun: ToolRunInput = { ...call, orchestration: name, instanceId, input }
        const known = await start(toolRunOrchestrator, `${instanceId}-report`, toolRun)
        return new PendingResult(instanceId, readOutput(known))
      },
      getStatus: (instanceId) => readStatus(client, instanceId),
      raiseEvent: (instanceId, name, data) => raiseEvent(instanceId, name, data),
    }
  }
}

/** What a report was that has been sent: maybe to a run of the same name that was deleted since, so none would come any more. */
function readOutput(report: OrchestrationStatus | undefined): PendingOutput | undefined {
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
