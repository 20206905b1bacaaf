import { AgentError } from '../../core/errors.js'
import { type Effect, hasEffect, isDone, toEffects } from '../../run/effects.js'
import type { UndoneRun } from '../../run/events.js'
import type { CallState, RunState } from '../../run/fold.js'
import { type Tool, toStaticTools } from '../agent-definition.js'
import type { RunContext } from './run-context.js'
import type { UndoneRuns, UndoPlan } from './undone-runs.js'

/** Sorts what another run has done, which has ended, as runs of a session follow one another. @throws {AgentError} `not_found` when that run is gone. */
export async function planUndo({ undoneRuns, tools }: RunContext, { run }: UndoneRun): Promise<UndoPlan> {
  const state = await undoneRuns?.read(run)
  if (undoneRuns === undefined || state?.request === undefined)
    throw new AgentError('not_found', `undoes: run "${run}" is no part of the session any more.`)
  const attempts = toCalls(await undoneRuns.noteAttempt(run))
  const earlier = toIds(attempts.filter(isDone))
  const effects = toEffects(state)
  const open = effects.filter(({ undoId }) => !earlier.has(undoId))
  const kinds = await Promise.all(open.map((effect) => toKinds(undoneRuns, tools, run, effect)))
  return {
    toUndo: open.filter((_, index) => kinds[index]?.has('undoable')),
    undone: effects.filter(({ undoId }) => earlier.has(undoId)),
    doubtful: toIds(attempts.filter((call) => hasEffect(call) && !isDone(call))),
    lasting: open.filter((_, index) => kinds[index]?.has('lasting')),
  }
}

/** The calls of several runs that undo something. */
function toCalls(attempts: readonly RunState[]): readonly CallState[] {
  return attempts.flatMap(({ steps }) => steps).flatMap((step) => step.calls)
}

function toIds(calls: readonly CallState[]): ReadonlySet<string> {
  return new Set(calls.map(({ call }) => call.callId))
}

type Kind = 'undoable' | 'lasting'

/** Whether something can be undone. What another agent did for a call may be of both kinds, or of none. */
async function toKinds(
  undoneRuns: UndoneRuns,
  tools: readonly Tool[],
  run: string,
  { name, callId }: Effect,
): Promise<ReadonlySet<Kind>> {
  const tool = tools.find((one) => one.name === name)
  if (tool?.readOnly) return new Set()
  if (tool?.delegate === undefined) return new Set([tool?.undo === undefined ? 'lasting' : 'undoable'])
  const inner = `${run}/${callId}`
  const own = toStaticTools(tool.delegate.agent)
  const effects = toEffects(await undoneRuns.read(inner))
  const kinds = await Promise.all(effects.map((effect) => toKinds(undoneRuns, own, inner, effect)))
  return new Set(kinds.flatMap((one) => [...one]))
}
