import { AgentError } from '../../core/errors.js'
import type { JsonValue } from '../../core/json.js'
import { type ChatMessage, createTextMessage, noUsage } from '../../core/messages.js'
import type { Effect } from '../../run/effects.js'
import type { CallState } from '../../run/fold.js'
import type { RunContext } from './run-context.js'
import { toAnswer } from './to-answer.js'
import { toUndoName } from './undo-tools.js'
import type { UndoPlan } from './undone-runs.js'

/**
 * Notes the next call of a run that undoes another one: one for each step, the newest effect first, as what came later may
 * build on what came before. When there is none left, it says what was undone, and ends the run.
 * @throws {AgentError} `not_undoable` before anything is undone, when not all of it can be; `undo_failed` when a tool could not.
 */
export async function undoNext(context: RunContext): Promise<void> {
  const { journal, undo, request } = context
  const { steps } = journal.state
  if (undo === undefined) return
  const isBegun = steps.length > 0
  if (!isBegun && undo.lasting.length > 0 && !request.options.undoes?.partial)
    throw new AgentError('not_undoable', `Nothing was undone, as this cannot be: ${toText(undo.lasting)}.`)
  const calls = steps.flatMap((step) => step.calls)
  const failed = calls.find(({ completed }) => completed?.error !== undefined)
  if (failed !== undefined) throw createFailure(failed, undo)
  const next = undo.toUndo.find(({ undoId }) => !calls.some(({ call }) => call.callId === undoId))
  if (next !== undefined) return endStep(context, toCall(next), 'tool_calls')
  const report = toReport(undo)
  if (steps.at(-1)?.calls.length !== 0) say(context, report)
  journal.record({ type: 'run.completed', data: toAnswer(context, report, toValue(undo)) })
}

/** Says something as a model would, for all who follow what models say. */
function say(context: RunContext, text: string): void {
  const { journal } = context
  const { steps, partial } = journal.state
  const step = steps.length
  if (partial !== undefined) journal.record({ type: 'step.reset', data: { step } })
  journal.record({ type: 'message.delta', data: { step, text } })
  endStep(context, createTextMessage('assistant', text), 'stop')
}

function endStep({ journal }: RunContext, message: ChatMessage, finishReason: string): void {
  const step = journal.state.steps.length
  const data = { step, message, usage: noUsage, finishReason, model: '' }
  journal.record({ type: 'step.completed', data })
}

function toCall({ undoId, name, arguments: args }: Effect): ChatMessage {
  const call = { type: 'functionCall' as const, callId: undoId, name: toUndoName(name), arguments: args }
  return { role: 'assistant', contents: [call] }
}

function createFailure({ call, completed }: CallState, { toUndo }: UndoPlan): AgentError {
  const left = toUndo.slice(toUndo.findIndex(({ undoId }) => undoId === call.callId))
  const why = completed?.error ?? ''
  // What tools throw need not be a sentence.
  const end = /[.!?]$/.test(why) ? '' : '.'
  return new AgentError('undo_failed', `${why}${end} Not undone: ${toText(left)}.`)
}

function toReport({ toUndo, undone, lasting }: UndoPlan): string {
  const done = [...undone, ...toUndo]
  const said = done.length === 0 ? 'There was nothing to undo.' : `Undone: ${toText(done)}.`
  return lasting.length === 0
    ? said
    : `${said} This cannot be undone, and stays as it is: ${toText(lasting)}.`
}

function toText(effects: readonly Effect[]): string {
  return effects.map(({ name, arguments: args }) => `${name}(${toArgumentText(args)})`).join(', ')
}

const longestArguments = 200

function toArgumentText(args: Effect['arguments']): string {
  const text = typeof args === 'string' ? args : JSON.stringify(args)
  return text.length > longestArguments ? `${text.slice(0, longestArguments)}…` : text
}

function toValue({ toUndo, undone, lasting }: UndoPlan): JsonValue {
  const list = (effects: readonly Effect[]) =>
    effects.map(({ name, arguments: args }) => ({ name, arguments: args }))
  return { undone: list([...undone, ...toUndo]), lasting: list(lasting) }
}
