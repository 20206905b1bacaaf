import { toHexId } from '../../core/hex-id.js'
import { toCanonicalJson } from '../../core/json.js'
import { type CallState, toLastCalls } from '../../run/fold.js'
import type { Tool } from '../agent-definition.js'
import type { ToolContext } from '../tools/tool-context.js'
import { toRunInfo } from './equip-run.js'
import { hasReadUntrusted } from './has-read-untrusted.js'
import type { RunContext, RunSetup } from './run-context.js'

/** A call of the run's last step, as far as it has got. */
export function findCall({ journal }: Pick<RunSetup, 'journal'>, callId: string): CallState | undefined {
  return toLastCalls(journal.state).find(({ call }) => call.callId === callId)
}

/** The tool that a model means by a name. */
export function findTool({ tools }: RunContext, name: string | undefined): Tool | undefined {
  return tools.find((tool) => tool.name === name)
}

/** What a tool is told of a call. */
export function toToolContext(context: RunContext, state: CallState): ToolContext {
  const { callId } = state.call
  const idempotencyKey = toIdempotencyKey(context, state)
  return {
    ...toRunInfo(context),
    callId,
    idempotencyKey,
    durable: context.durable?.({ callId, idempotencyKey }),
    attempt: state.started?.attempt ?? 1,
    hasReadUntrusted: hasReadUntrusted(context),
    values: context.values,
    signal: context.signal,
    reportProgress: () => {},
  }
}

/**
 * The key of a call: the same whenever it is executed again, and of one that undoes another, whenever that is undone.
 * Security: what came of a call stays under its key when its session is deleted, and the session's name may then be taken by
 * somebody else; so its owner is part of the key. So is what is called: some models number their calls.
 */
export function toIdempotencyKey(
  { agent, sessionId, correlationId, request, undo }: RunContext,
  { call, started }: CallState,
): string {
  if (started !== undefined) return started.idempotencyKey
  const undone = undo?.toUndo.find(({ undoId }) => undoId === call.callId)
  if (undone !== undefined) return toHexId(toCanonicalJson(['undo', undone.idempotencyKey]))
  const { callId, name, arguments: args } = call
  const parts = [agent.name, sessionId, correlationId, callId, name, args, request.owner]
  return toHexId(toCanonicalJson(parts))
}
