import { isDeepStrictEqual } from 'node:util'
import type { Tool } from '../../agent/agent-definition.js'
import type { ChatRequest } from '../../model/chat-client.js'
import { isTerminal, type StoredEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { StoredEntry } from '../../session/state/stored-state.js'
import { toTurns } from '../../session/state/turns.js'
import type { ToolExecution } from '../engine/observations.js'

/** What is wrong with a log: its ids, its ends, its steps, its executors. */
export function checkLog(events: readonly StoredEvent[]): readonly string[] {
  const wrong: string[] = []
  if (events.some(({ id }, index) => id !== index)) wrong.push('its ids are not dense')
  if (events.findIndex(({ type }) => type === 'run.accepted') !== 0) wrong.push('it was not accepted first')
  const ends = events.filter(isTerminal)
  if (ends.length > 1) wrong.push('it ended more than once')
  const last = events.at(-1)
  if (ends.length > 0 && last !== undefined && !isTerminal(last))
    wrong.push('something was recorded after its end')
  const steps = events.flatMap((event) => (event.type === 'step.completed' ? [event.data.step] : []))
  if (steps.some((step, index) => step !== index))
    wrong.push(`its steps are ${steps.join(', ')}: one was repeated or left out`)
  const epochs = events.flatMap((event) => (event.type === 'run.started' ? [event.data.epoch] : []))
  if (epochs.some((epoch, index) => epoch !== index + 1)) wrong.push(`its epochs are ${epochs.join(', ')}`)
  return [...wrong, ...checkResults(events)]
}

/** Each call has one result at most; in a run that has ended, one exactly. */
function checkResults(events: readonly StoredEvent[]): readonly string[] {
  const results = events.flatMap((event) => (event.type === 'tool.completed' ? [event.data.callId] : []))
  const twice = results.filter((callId, index) => results.indexOf(callId) !== index)
  return twice.map((callId) => `call ${callId} has more than one result`)
}

export interface Effects {
  readonly executions: readonly ToolExecution[]
  /** Calls of which a tool's `reconcile` said that they had not taken effect. */
  readonly notDone: readonly string[]
  readonly tools: readonly Tool[]
}

/** What is wrong with how often a run's tools were executed, given what its log says about their calls. */
export function checkEffects(
  events: readonly StoredEvent[],
  { executions, notDone, tools }: Effects,
): readonly string[] {
  const callIds = new Set(executions.map(({ callId }) => callId))
  return [...callIds].flatMap((callId) => {
    const same = executions.filter((execution) => execution.callId === callId)
    const [first] = same
    if (first === undefined) return []
    const what = `call ${callId} of ${first.tool} was executed ${same.length} times`
    if (new Set(same.map(({ idempotencyKey }) => idempotencyKey)).size > 1)
      return [`${what}, with different idempotency keys`]
    const begun = events.filter(
      (event) => event.type === 'tool.started' && event.data.callId === callId,
    ).length
    if (same.length > begun) return [`${what}, but begun only ${begun} times`]
    const tool = tools.find(({ name }) => name === first.tool)
    if (same.length === 1 || tool?.onUnknownOutcome === 'retry') return []
    const allowed = countApproved(events, callId) + notDone.filter((id) => id === callId).length
    return allowed >= same.length - 1 ? [] : [`${what}, but only ${allowed} repetitions were allowed`]
  })
}

/** How often a human agreed to running a call again whose outcome was unknown. */
function countApproved(events: readonly StoredEvent[], callId: string): number {
  const asked = events.flatMap((event) =>
    event.type === 'approval.requested' &&
    event.data.callId === callId &&
    event.data.reason === 'unknown_outcome'
      ? [event.data.approvalId]
      : [],
  )
  return events.filter(
    (event) =>
      event.type === 'approval.decided' &&
      event.data.decision === 'approve' &&
      asked.includes(event.data.approvalId),
  ).length
}

/** What a provider would refuse about a conversation: tool calls without results right after them, results without calls. */
export function checkConversation({ messages }: ChatRequest): readonly string[] {
  const wrong: string[] = []
  let open = new Set<string>()
  for (const { role, contents } of messages) {
    if (role !== 'tool' && open.size > 0) wrong.push(`the calls ${[...open].join(', ')} have no result`)
    if (role !== 'tool') open = new Set()
    for (const content of contents) {
      if (content.type === 'functionCall') open.add(content.callId)
      if (content.type === 'functionResult' && !open.delete(content.callId))
        wrong.push(`the result of ${content.callId} follows no call`)
    }
  }
  if (open.size > 0) wrong.push(`the calls ${[...open].join(', ')} have no result`)
  return wrong
}

/** What is wrong with a session's history, given the logs of its runs that have ended. */
export function checkHistory(
  entries: readonly StoredEntry[],
  ended: readonly { readonly run: string; readonly events: readonly StoredEvent[] }[],
): readonly string[] {
  const states = ended.map(({ run, events }) => ({ run, state: fold(events) }))
  return states.flatMap(({ run, state }) => {
    const into = state.joined === undefined ? state : states.find((one) => one.run === state.joined)?.state
    const isThere = !states.some((one) => takesBack(one.state, into))
    // What was inherited from another session may have runs of the same names.
    const said = toTurns(entries).filter(({ turn }) => turn === (into?.turn ?? turn))
    const own = said.flatMap((turn) => turn.entries).filter(({ correlationId }) => correlationId === run)
    const requests = own.filter(({ $type }) => $type === 'request')
    const answers = own.filter(({ $type }) => $type !== 'request')
    const expected = [isThere ? 1 : 0, isThere && state.joined === undefined ? 1 : 0]
    if (requests.length === expected[0] && answers.length === expected[1]) return []
    return [
      `${run} is in the history with ${requests.length} requests and ${answers.length} answers, not ${expected.join(' and ')}`,
    ]
  })
}

/** Whether a run took the place of another one, or of one before that. */
function takesBack({ turn, replacesTurn = turn }: RunState, other: RunState | undefined): boolean {
  return other !== undefined && replacesTurn <= other.turn && other.turn < turn
}

/** Whether two states say the same, whenever they were written. */
export function isSameState(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutTimes(a), withoutTimes(b))
}

/** A state without what differs from run to run: times, digests of what has times in it, and the ids of resets. */
export function withoutTimes(state: unknown): unknown {
  if (state === undefined) return undefined
  const others = new Set(['createdAt', 'resetBefore', 'resetId', 'digest'])
  return JSON.parse(JSON.stringify(state, (name, value) => (others.has(name) ? undefined : value)))
}
