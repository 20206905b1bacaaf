import type { FunctionCallContent } from '../../../core/messages.js'
import type { ToolCompleted } from '../../../run/events.js'
import { type RunState, toLastCalls } from '../../../run/fold.js'
import { isCallersTool, type OpenCall, toOpenCalls } from '../../../run/waiting.js'
import type { UiChunk } from './ui-chunks.js'

/**
 * Tells tool calls, and what comes of them. Of those that the page is to carry out only the names are told before the run
 * waits for them: then a reader who is told of the run anew carries out what is open, and nothing else.
 */
export class CallTeller {
  /** The page's calls of which only the names are told. */
  readonly #withheld = new Set<string>()

  /** A call that a step of the run makes. */
  begin(run: RunState, call: FunctionCallContent): UiChunk {
    const { callId: toolCallId, name: toolName } = call
    if (!isCallersTool(run, toolName)) return toInput(call)
    this.#withheld.add(toolCallId)
    return { type: 'tool-input-start', toolCallId, toolName }
  }

  /** What the run waits for the page with, unless that is told. */
  open(run: RunState): readonly UiChunk[] {
    const calls = toOpenCalls(run).filter(({ callId }) => this.#withheld.has(callId))
    for (const { callId } of calls) this.#withheld.delete(callId)
    return calls.map(toPageInput)
  }

  /** What came of a call; from then on the page has nothing to do about it. */
  complete(run: RunState, { callId: toolCallId, result = null, error }: ToolCompleted): readonly UiChunk[] {
    const last = toLastCalls(run).find(({ call: { callId } }) => callId === toolCallId)
    const untold = this.#withheld.delete(toolCallId) && last !== undefined ? [toInput(last.call)] : []
    if (last?.decision?.decision === 'reject') return [...untold, { type: 'tool-output-denied', toolCallId }]
    const done = { toolCallId, providerExecuted: true } as const
    if (error === undefined) return [...untold, { type: 'tool-output-available', output: result, ...done }]
    return [...untold, { type: 'tool-output-error', errorText: error, ...done }]
  }
}

/** A call about which the page has nothing to do. */
export function toInput(call: OpenCall): UiChunk {
  return { ...toPageInput(call), providerExecuted: true }
}

function toPageInput({ callId: toolCallId, name: toolName, arguments: input }: OpenCall) {
  return { type: 'tool-input-available', toolCallId, toolName, input } as const
}
