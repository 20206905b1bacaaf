import { toJsonText } from '../../core/json.js'
import type { KnownEvent } from './run-event.js'

/** Something to show, in the order in which it happened. */
export interface Piece {
  /** `answer`: goes on where the answer stood; `tool` and `notice`: a line of its own. */
  readonly kind: 'answer' | 'tool' | 'notice'
  readonly text: string
}

/** What of a run has been shown so far. */
export interface ShownRun {
  /** The model call whose text was shown last; `undefined` before the first. */
  readonly step: number | undefined
  /** The text that was shown of it and is not void. */
  readonly text: string
  /** The names of the tools by the ids of their calls. */
  readonly tools: ReadonlyMap<string, string>
}

/** A run of which nothing has been shown. */
export const nothingShown: ShownRun = { step: undefined, text: '', tools: new Map() }

/** Most characters of a tool's arguments that are shown. */
const longestArguments = 200

/** What an event adds to what is shown: the run as it then is, and the pieces to show. */
export function showEvent(
  shown: ShownRun,
  event: KnownEvent,
): { readonly shown: ShownRun; readonly pieces: readonly Piece[] } {
  switch (event.type) {
    case 'message.delta':
      return showText(shown, event.data.step, event.data.text)
    case 'step.reset':
      return voidText(shown, event.data.step, 'This was cut off, and is void. The answer begins again:')
    case 'answer.rejected':
      return voidText(shown, event.data.step, 'This does not fit, and is void. The answer is given again:')
    case 'tool.started': {
      const { name, arguments: args, attempt } = event.data
      const again = attempt > 1 ? ', once more' : ''
      return { shown: withTool(shown, event.data), pieces: [tool(`→ ${toCallText(name, args)}${again}`)] }
    }
    case 'tool.completed': {
      const { callId, error, durationMs } = event.data
      const name = shown.tools.get(callId) ?? 'tool'
      const end = error === undefined ? `done in ${durationMs} ms` : `failed: ${error}`
      return { shown, pieces: [tool(`← ${name} ${end}`)] }
    }
    case 'approval.requested':
      // What waits is shown when it is asked for.
      return { shown: withTool(shown, event.data), pieces: [] }
    case 'approval.decided': {
      const { decision, by } = event.data
      const verdict = decision === 'approve' ? 'approved' : 'rejected'
      return { shown, pieces: [tool(`! ${verdict}${by === undefined ? '' : ` by ${by}`}`)] }
    }
    case 'run.completed': {
      const { response, finishReason } = event.data
      const cut = finishReason === undefined ? [] : [tool(`! the answer was cut off (${finishReason})`)]
      return { shown, pieces: [...showRest(shown.text, response), ...cut] }
    }
    case 'run.parked':
    case 'run.failed':
    case 'run.cancelled':
      return { shown, pieces: [] }
  }
}

function withTool(shown: ShownRun, call: { readonly callId: string; readonly name: string }): ShownRun {
  return { ...shown, tools: new Map(shown.tools).set(call.callId, call.name) }
}

/** A call on one line, without the end of long arguments. */
function toCallText(name: string, args: unknown): string {
  const text = toJsonText(args)
  return `${name} ${text.length > longestArguments ? `${text.slice(0, longestArguments)}…` : text}`
}

function showText(shown: ShownRun, step: number, text: string) {
  if (step === shown.step) return { shown: { ...shown, text: shown.text + text }, pieces: [answer(text)] }
  const isApart = shown.text !== '' && !shown.text.endsWith('\n')
  const pieces = isApart ? [answer('\n'), answer(text)] : [answer(text)]
  return { shown: { ...shown, step, text }, pieces }
}

function voidText(shown: ShownRun, step: number, text: string) {
  if (step !== shown.step || shown.text === '') return { shown, pieces: [] }
  return { shown: { ...shown, text: '' }, pieces: [{ kind: 'notice', text } as const] }
}

/** Answers that were never streamed, or that became others at the end, are shown when they are known. */
function showRest(text: string, response: string): readonly Piece[] {
  if (text.trim() === response.trim()) return []
  return [answer(response.startsWith(text) ? response.slice(text.length) : `\n${response}`)]
}

function answer(text: string): Piece {
  return { kind: 'answer', text }
}

function tool(text: string): Piece {
  return { kind: 'tool', text }
}
