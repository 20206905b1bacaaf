import { type AgentDefinition, toStaticTools } from '../../agent/agent-definition.js'
import { toCallNames } from '../../agent/loop/undo-tools.js'
import type { CallState } from '../../run/fold.js'
import { toInnerRun } from '../../run/inner-run.js'
import type { RunKey } from '../../run/run-log.js'

/** A run of another agent that works for a call of a run. */
export interface Delegate {
  readonly agent: AgentDefinition
  readonly key: RunKey
}

/** Who works for these calls of a run, or undoes what it did for others; calls of tools that are no agents have nobody. */
export function findDelegates(
  agent: AgentDefinition,
  key: RunKey,
  calls: readonly CallState[],
): readonly Delegate[] {
  const known = toCallNames(toStaticTools(agent))
  return calls.flatMap(({ call: { name, callId } }) => {
    const delegate = known.get(name)?.delegate
    return delegate === undefined ? [] : [{ agent: delegate.agent, key: toInnerRun(key, callId) }]
  })
}
