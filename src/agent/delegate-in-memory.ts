import { toErrorMessage } from '../core/errors.js'
import { createTextMessage } from '../core/messages.js'
import type { RunEvent } from '../run/events.js'
import { advance, emptyRun } from '../run/fold.js'
import type { ApprovalHandler } from './ask-approval.js'
import type { DelegatedRun, DelegateRequest, Delegation } from './loop/delegation.js'
import { runStandalone } from './run-standalone.js'

export interface InMemoryDelegationOptions {
  /** The session of the run that others work for. */
  readonly sessionId: string | undefined
  /** Their approvals are asked for where its own are. */
  readonly onApproval: ApprovalHandler | undefined
  /** Told of failures that do not end their runs. */
  readonly onError: (error: unknown) => void
}

/** Agents that work for a run in memory run in memory too. */
export function createInMemoryDelegation(options: InMemoryDelegationOptions): Delegation {
  return { run: (request) => runInMemory(request, options), async decide() {} }
}

async function runInMemory(
  delegated: DelegateRequest,
  options: InMemoryDelegationOptions,
): Promise<DelegatedRun> {
  const { agent, message, metadata, onEvent, ...rest } = delegated
  let state = emptyRun
  const watch = (event: RunEvent) => {
    state = advance(state, event)
    onEvent(event)
  }
  const messages = [createTextMessage('user', message)]
  const request = { messages, options: { enableToolCalls: true }, digest: '', metadata }
  const delegation = createInMemoryDelegation(options)
  try {
    const { text, usage } = await runStandalone({
      ...rest,
      ...options,
      agent,
      request,
      delegation,
      onEvent: watch,
      responseFormat: undefined,
    })
    return { result: text, usage, stateChanges: state.stateChanges }
  } catch (error) {
    delegated.signal.throwIfAborted()
    const { usage, stateChanges } = state
    return { error: toErrorMessage(error), usage, stateChanges }
  }
}
