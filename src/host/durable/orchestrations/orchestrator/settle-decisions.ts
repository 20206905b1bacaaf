import type { ExtensionLog } from '../../../host-extension.js'
import type { HubParts } from '../../hub/hub-parts.js'
import { isOver } from '../../hub/instance-status.js'
import type { Instance } from '../../hub/instance-table.js'
import type { Decision } from '../decision.js'
import { findIdProblem } from '../instance-id.js'
import { reportHang } from './report-hang.js'

/** What it depends on whether a decision can be set going. */
export interface DecisionChecks extends Pick<HubParts, 'hub' | 'log'> {
  /** The name that a decision needs and this app does not have. */
  readonly findUnknown: (decision: Decision) => string | undefined
  /** Version of sub-orchestrations that are called without one. */
  readonly defaultVersion: string
}

/** The decisions that can be set going, complete; the log tells of the others, and of whom a sub-orchestration takes the place. */
export function settleDecisions(
  decisions: readonly Decision[],
  instance: Instance,
  checks: DecisionChecks,
): readonly Decision[] {
  const settled = decisions
    .filter(
      (decision) => isKnown(decision, instance, checks) && hasPossibleId(decision, instance, checks.log),
    )
    .map((decision) => complete(decision, checks.defaultVersion))
  for (const decision of settled) reportReplaced(decision, instance, checks)
  return settled
}

function isKnown(decision: Decision, { id }: Instance, { findUnknown, log }: DecisionChecks): boolean {
  const unknown = findUnknown(decision)
  if (unknown === undefined) return true
  log(
    'error',
    `[would hang in Azure] The orchestration '${id}' asks for the function '${unknown}', which this app does not have; it waits for ever.`,
  )
  return false
}

/** A sub-orchestration with an id that it cannot have is not started, and its parent waits for ever. */
function hasPossibleId(decision: Decision, instance: Instance, log: ExtensionLog): boolean {
  if (decision.kind !== 'subOrchestration') return true
  const { instanceId } = decision
  const problem = instanceId === instance.id ? 'is that of its parent' : findIdProblem(instanceId)
  if (problem === undefined) return true
  reportHang(instance, `the id '${instanceId}' of its sub-orchestration ${problem}; it is not started`, log)
  return false
}

function complete(decision: Decision, defaultVersion: string): Decision {
  return decision.kind === 'subOrchestration'
    ? { ...decision, version: decision.version ?? defaultVersion }
    : decision
}

/** A sub-orchestration takes the place of what runs under its id, on which the platform says nothing. */
function reportReplaced(decision: Decision, { id }: Instance, { hub, log }: DecisionChecks): void {
  if (decision.kind !== 'subOrchestration') return
  const existing = hub.instances.readHead(decision.instanceId)
  if (existing === undefined || isOver(existing.status)) return
  log(
    'warning',
    `The orchestration '${existing.id}' is given up for a sub-orchestration of '${id}' that has its id.`,
  )
}
