import type { Instance } from '../hub/instance-table.js'

export interface StatusOptions {
  readonly showInput: boolean
  /** JSON text of the list of events. @default the member is absent */
  readonly historyEvents?: string | undefined
}

/** JSON text of an orchestration's status. Stored texts go in unparsed, so that numbers keep their digits. */
export function toStatusJson(instance: Instance, { showInput, historyEvents }: StatusOptions): string {
  const members = [
    ['name', JSON.stringify(instance.name)],
    ['instanceId', JSON.stringify(instance.id)],
    ['runtimeStatus', JSON.stringify(instance.status)],
    ['input', showInput ? (instance.input ?? 'null') : 'null'],
    ['customStatus', instance.customStatus ?? 'null'],
    ['output', instance.output ?? 'null'],
    ['createdTime', JSON.stringify(toSeconds(instance.createdAt))],
    ['lastUpdatedTime', JSON.stringify(toSeconds(instance.updatedAt))],
    ...(historyEvents === undefined ? [] : [['historyEvents', historyEvents]]),
  ]
  return `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`
}

function toSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
