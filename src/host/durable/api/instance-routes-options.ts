import type { TaskHub } from '../hub/task-hub.js'
import type { InstanceLink } from './client-payload.js'
import type { InstanceCommands } from './instance-commands.js'

/** What the routes of orchestrations need. */
export interface InstanceRoutesOptions {
  readonly hub: TaskHub
  readonly commands: InstanceCommands
  /** Where an instance is read and steered, at the origin of the request's `url`. */
  readonly links: (instanceId: string, url: string) => Readonly<Record<InstanceLink, string>>
}
