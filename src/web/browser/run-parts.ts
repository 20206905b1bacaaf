import type { ApprovalPart, RunPart, TextPart, ToolPart } from './run-view.js'

type Parts = readonly RunPart[]

/** Adds a piece to what a model call says, or thinks. */
export function addText(parts: Parts, kind: TextPart['kind'], step: number, text: string): Parts {
  const last = parts.findLastIndex((part) => part.kind === kind && part.step === step)
  const found = parts[last]
  if (found?.kind !== kind) return [...parts, { kind, step, text }]
  return parts.with(last, { kind, step, text: found.text + text })
}

/** What a model call says is this. */
export function setText(parts: Parts, step: number, text: string): Parts {
  const at = parts.findLastIndex((part) => part.kind === 'text' && part.step === step)
  const part = { kind: 'text', step, text } as const
  return at < 0 ? [...parts, part] : parts.with(at, part)
}

/** Takes back what a model call said and thought: it is void. */
export function dropText(parts: Parts, step: number): Parts {
  return parts.filter((part) => !('step' in part) || part.step !== step)
}

/** Adds a line. */
export function addNotice(parts: Parts, text: string): Parts {
  return [...parts, { kind: 'notice', text }]
}

/** Says of an answer that is not whole why. */
export function addCutOff(parts: Parts, finishReason: unknown): Parts {
  if (finishReason === 'length') return addNotice(parts, 'The answer was too long, and is cut off here.')
  if (finishReason !== 'content_filter') return parts
  return addNotice(parts, 'A content filter has cut the answer off here.')
}

/** Adds a tool call, or has it begin anew. */
export function putTool(parts: Parts, tool: ToolPart): Parts {
  const at = parts.findIndex((part) => part.kind === 'tool' && part.callId === tool.callId)
  return at < 0 ? [...parts, tool] : parts.with(at, tool)
}

/** Changes what is known of a tool call. */
export function changeTool(parts: Parts, callId: string, change: Partial<ToolPart>): Parts {
  return parts.map((part) => (part.kind === 'tool' && part.callId === callId ? { ...part, ...change } : part))
}

/** Adds an approval that is asked for. */
export function putApproval(parts: Parts, approval: ApprovalPart): Parts {
  const at = parts.findIndex((part) => part.kind === 'approval' && part.approvalId === approval.approvalId)
  return at < 0 ? [...parts, approval] : parts.with(at, approval)
}

/** Nobody can decide what is still asked: the run has ended. */
export function closeApprovals(parts: Parts): Parts {
  return parts.map((part) =>
    part.kind === 'approval' && part.decision === undefined ? { ...part, decision: 'closed' } : part,
  )
}
