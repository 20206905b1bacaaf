/** Where an orchestration stands, in the words of the client library. */
export type InstanceStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated'

/** Every status, those included that this host never gives but callers may ask for. */
export const knownStatuses: readonly string[] = [
  'Pending',
  'Running',
  'Suspended',
  'Completed',
  'Failed',
  'Terminated',
  'ContinuedAsNew',
  'Canceled',
]

/** True when nothing will ever change again, unless somebody rewinds, restarts or purges the orchestration. */
export function isOver(status: InstanceStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Terminated'
}
