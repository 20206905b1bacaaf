import { toAgentLimits } from '../../agent/loop/agent-limits.js'
import type { DelegatedRun, DelegateRequest, Delegation } from '../../agent/loop/delegation.js'
import { RunControls } from '../../agent/loop/run-controls.js'
import { createTextMessage } from '../../core/messages.js'
import { fold, type RunState } from '../../run/fold.js'
import { toInnerRun } from '../../run/inner-run.js'
import { toAnswerText } from '../../run/turn-messages.js'
import { toOpenApprovals, toPendingCalls } from '../../run/waiting.js'
import { createRunRequest } from '../client/run-request.js'
import type { RunDrive } from '../execution/run-drive.js'

type Drive = (drive: RunDrive) => Promise<RunState>

/** How a run has other agents work for it: their runs are driven by `drive` in the same operation, and have logs of their own. */
export function createDelegation(outer: RunDrive, drive: Drive): Delegation {
  return {
    run: (asked) => runDelegate(outer, asked, drive),
    async decide(callId, decision) {
      await outer.log.control(toInnerRun(outer.key, callId), { type: 'decision', ...decision })
    },
  }
}

async function runDelegate(
  { log, key: outerKey, request: { owner }, limits, durable, onError, clock }: RunDrive,
  asked: DelegateRequest,
  drive: Drive,
): Promise<DelegatedRun> {
  const { agent, callId, message, undoes, metadata, values, history } = asked
  const key = toInnerRun(outerKey, callId)
  const messages = [createTextMessage('user', message)]
  const options = { enableToolCalls: true, undoes }
  const request = createRunRequest({ messages, owner, metadata, options })
  await log.create(key, request)
  const events = await log.read(key)
  const controls = new RunControls()
  controls.update(await log.controls(key))
  const state = fold(events)
  if (state.outcome !== undefined) return toDelegatedRun(state)
  const driven = await drive({
    ...asked,
    log,
    key,
    request: state.request ?? request,
    events,
    controls,
    turn: 0,
    readHistory: async () => history,
    messageCount: 0,
    readValues: () => values,
    limits: { ...limits, ...toAgentLimits(agent) },
    onAppended: asked.onEvent,
    durable,
    onError,
    clock,
  })
  return toDelegatedRun(driven)
}

function toDelegatedRun(state: RunState): DelegatedRun {
  const { outcome, usage, stateChanges } = state
  if (state.parked === 'operation_limit' || state.parked === 'background')
    return { parked: state.parked, stateChanges }
  const [approval] = toOpenApprovals(state)
  if (approval !== undefined) return { parked: 'approval', approval, stateChanges }
  if (state.parked === 'tool') return { parked: 'tool', calls: toPendingCalls(state), stateChanges }
  switch (outcome?.type) {
    case 'run.completed':
      return { result: toAnswerText(state), usage, stateChanges }
    case 'run.failed':
      return { error: outcome.data.detail, usage, stateChanges }
    default:
      return { error: 'The agent was stopped before it had an answer.', usage, stateChanges }
  }
}
