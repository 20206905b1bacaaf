import type { JsonObject } from '../../core/json.js'
import { hasFile, toSaid, toText } from './message-text.js'
import { readApproval } from './read-approval.js'
import { readNumber, readObject, readObjects, readOptionalText, readText } from './read-fields.js'
import {
  addCutOff,
  addNotice,
  addText,
  changeTool,
  closeApprovals,
  dropText,
  putApproval,
  putTool,
  setText,
} from './run-parts.js'
import type { RunRecord } from './run-record.js'
import type { RunPart, RunView, TextPart } from './run-view.js'

/** The run as it stands after one more of its events. Events that show nothing change nothing. */
export function showRecord(view: RunView, { type, data }: RunRecord): RunView {
  const show = shown.get(type)
  return show === undefined ? view : show(view, data)
}

type Show = (view: RunView, data: JsonObject) => RunView

/** What is shown of each type of event (docs/http.md, Events). */
const shown: ReadonlyMap<string, Show> = new Map<string, Show>([
  ['run.accepted', showMessage],
  ['run.started', showStart],
  ['run.resumed', (view) => ({ ...view, status: 'running' })],
  ['run.parked', (view, data) => ({ ...view, status: data.reason === 'approval' ? 'waiting' : 'running' })],
  ['message.delta', onParts((parts, data) => addText(parts, 'text', readStep(data), readText(data, 'text')))],
  [
    'reasoning.delta',
    onParts((parts, data) => addText(parts, 'reasoning', readStep(data), readText(data, 'text'))),
  ],
  ['step.reset', onParts((parts, data) => dropText(parts, readStep(data)))],
  ['answer.rejected', onParts(showRejection)],
  ['step.completed', showStep],
  ['tool.started', onParts(showToolStart)],
  ['tool.progress', onParts((parts, data) => changeTool(parts, readCall(data), { progress: data.progress }))],
  ['tool.pending', onParts((parts, data) => changeTool(parts, readCall(data), { state: 'pending' }))],
  ['tool.completed', onParts(showToolEnd)],
  ['approval.requested', onParts(showRequest)],
  ['approval.decided', onParts(showDecision)],
  ['run.steered', showJoining],
  ['run.joined', onParts((parts) => addNotice(parts, 'This message joined the run before it.'))],
  ['history.summarized', onParts((parts) => addNotice(parts, 'Older turns were summarised for the model.'))],
  ['run.completed', showAnswer],
  [
    'run.failed',
    (view, data) => showEnd(view, 'failed', `${readText(data, 'detail')} (${readText(data, 'code')})`),
  ],
  ['run.cancelled', (view, data) => showEnd(view, 'cancelled', readText(data, 'reason'))],
])

function onParts(change: (parts: readonly RunPart[], data: JsonObject) => readonly RunPart[]): Show {
  return (view, data) => ({ ...view, parts: change(view.parts, data) })
}

function showMessage(view: RunView, data: JsonObject): RunView {
  const undoes = readOptionalText(readObject(readObject(data, 'options'), 'undoes'), 'run')
  return { ...view, said: toSaid(data) || view.said, hasFile: hasFile(data), undoes, status: 'queued' }
}

function showStart(view: RunView, data: JsonObject): RunView {
  const attempt = readNumber(data, 'attempt')
  const again = `The run was cut off, and goes on (attempt ${attempt}).`
  return { ...view, status: 'running', parts: attempt > 1 ? addNotice(view.parts, again) : view.parts }
}

function showJoining(view: RunView, data: JsonObject): RunView {
  const parts = addNotice(view.parts, `A message joined: ${toSaid(data)}`)
  return { ...view, parts, hasFile: view.hasFile || hasFile(data) }
}

/** The whole answer of a model call stands in place of its pieces; the tools that it wants come after it. */
function showStep(view: RunView, data: JsonObject): RunView {
  const contents = readObjects(readObject(data, 'message'), 'contents')
  const text = toText(contents)
  const calls = contents.filter(({ type }) => type === 'functionCall')
  const parts = calls.reduce<readonly RunPart[]>(
    (all, call) => putTool(all, toTool(call)),
    text === '' ? view.parts : setText(view.parts, readStep(data), text),
  )
  return { ...view, parts, model: readOptionalText(data, 'model') ?? view.model }
}

function toTool(call: JsonObject) {
  return {
    kind: 'tool',
    callId: readCall(call),
    name: readText(call, 'name'),
    arguments: call.arguments,
    state: 'called',
    attempt: 1,
  } as const
}

function showToolStart(parts: readonly RunPart[], data: JsonObject): readonly RunPart[] {
  const attempt = readNumber(data, 'attempt')
  return putTool(parts, { ...toTool(data), state: 'running', attempt })
}

function showToolEnd(parts: readonly RunPart[], data: JsonObject): readonly RunPart[] {
  const error = readOptionalText(data, 'error')
  const state = error === undefined ? 'done' : 'failed'
  const durationMs = readNumber(data, 'durationMs')
  return changeTool(parts, readCall(data), { state, result: data.result, error, durationMs })
}

function showRejection(parts: readonly RunPart[], data: JsonObject): readonly RunPart[] {
  const text = 'An answer did not fit the schema that was asked for; the model is asked again.'
  return addNotice(dropText(parts, readStep(data)), text)
}

function showRequest(parts: readonly RunPart[], data: JsonObject): readonly RunPart[] {
  return putApproval(parts, readApproval(data))
}

function showDecision(parts: readonly RunPart[], data: JsonObject): readonly RunPart[] {
  return parts.map((part) =>
    part.kind === 'approval' && part.approvalId === data.approvalId
      ? {
          ...part,
          arguments: data.arguments ?? part.arguments,
          decision: readText(data, 'decision'),
          by: readOptionalText(data, 'by'),
          reason: readOptionalText(data, 'reason'),
        }
      : part,
  )
}

function showEnd(view: RunView, status: RunView['status'], problem: string): RunView {
  return { ...view, status, problem, parts: closeApprovals(view.parts) }
}

/** Answers that were never streamed, or that became others at the end, are shown as they ended. */
function showAnswer(view: RunView, data: JsonObject): RunView {
  const usage = readObject(data, 'usage')
  const response = readText(data, 'response')
  const texts = view.parts.filter((part): part is TextPart => part.kind === 'text')
  const last = texts.at(-1)
  const isShown = response === '' || last?.text.trim() === response.trim()
  const step = last === undefined ? 0 : last.step + (view.parts.at(-1) === last ? 0 : 1)
  return {
    ...view,
    status: 'completed',
    parts: addCutOff(isShown ? view.parts : setText(view.parts, step, response), data.finishReason),
    usage: {
      input: readNumber(usage, 'prompt_tokens'),
      output: readNumber(usage, 'completion_tokens'),
      total: readNumber(usage, 'total_tokens'),
    },
  }
}

function readStep(data: JsonObject): number {
  return readNumber(data, 'step')
}

function readCall(data: JsonObject): string {
  return readText(data, 'callId')
}
