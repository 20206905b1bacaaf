import type { AguiOutcome } from './agui-events.js'

/**
 * Whether a client speaks a version before 1.0, by the `protocolVersion` of what it sends. Source: AG-UI 1.0, `RunAgentInput`: those
 * before it send none.
 */
export function isOlderClient(protocolVersion: unknown): boolean {
  return typeof protocolVersion !== 'string' || /^0(\.|$)/.test(protocolVersion)
}

/** An outcome for older clients, which break off at whatever they do not know in one. Source: `@ag-ui/core` 0.0.59, `RunFinishedOutcomeSchema`. */
export function toOlderOutcome(outcome: AguiOutcome): AguiOutcome | undefined {
  switch (outcome.type) {
    case 'success':
      return { type: 'success' }
    case 'interrupt':
      return outcome
    case 'cancelled':
      return undefined
  }
}
