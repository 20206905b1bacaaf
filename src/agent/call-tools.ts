import { createHash } from 'node:crypto'
import type { CallState } from '../run/fold.js'
import type { RunContext } from './run-context.js'
import type { Tool, ToolOutcome } from './tool.js'

/** Runs a step's open tool calls, side by side up to the agent's limit. Each result is durable before it counts. */
export async function callTools(context: RunContext, calls: readonly CallState[]): Promise<void> {
  const started = calls.filter((call) => begin(context, call))
  await context.journal.flush()
  const queue = started.values()
  const workers = Array.from({ length: context.agent.maxParallelTools }, async () => {
    for (const { call } of queue) await finish(context, call.callId)
  })
  await Promise.all(workers)
}

/** Notes that a call starts; false when it must not be run again, and its outcome has been noted instead. */
function begin(
  { agent, journal, sessionId, correlationId }: RunContext,
  { call, started }: CallState,
): boolean {
  const tool = findTool(agent.tools, call.name)
  if (started !== undefined && tool?.onUnknownOutcome === 'fail') {
    const error =
      'The process died while this tool ran, so whether it took effect is unknown. It was not run again.'
    journal.record({ type: 'tool.completed', data: { callId: call.callId, error, durationMs: 0 } })
    return false
  }
  const { callId, name, arguments: args } = call
  const idempotencyKey =
    started?.idempotencyKey ?? toIdempotencyKey([agent.name, sessionId, correlationId, callId])
  const attempt = (started?.attempt ?? 0) + 1
  journal.record({ type: 'tool.started', data: { callId, name, arguments: args, idempotencyKey, attempt } })
  return true
}

async function finish(context: RunContext, callId: string): Promise<void> {
  const { journal } = context
  const startedAt = performance.now()
  const outcome = await execute(context, callId)
  const durationMs = Math.round(performance.now() - startedAt)
  journal.record({ type: 'tool.completed', data: { callId, ...outcome, durationMs } })
  await journal.flush()
}

async function execute(context: RunContext, callId: string): Promise<ToolOutcome> {
  const { agent, journal, sessionId, correlationId, signal } = context
  const started = journal.state.steps.at(-1)?.calls.find(({ call }) => call.callId === callId)?.started
  if (started === undefined) return { error: 'The call was never started.' }
  const tool = findTool(agent.tools, started.name)
  if (tool === undefined) return { error: `There is no tool named "${started.name}".` }
  return tool.invoke(started.arguments, {
    agentName: agent.name,
    sessionId,
    correlationId,
    callId,
    idempotencyKey: started.idempotencyKey,
    attempt: started.attempt,
    owner: journal.state.request?.owner,
    metadata: journal.state.request?.metadata ?? {},
    signal,
  })
}

function findTool(tools: readonly Tool[], name: string): Tool | undefined {
  return tools.find((tool) => tool.name === name)
}

function toIdempotencyKey(parts: readonly (string | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
