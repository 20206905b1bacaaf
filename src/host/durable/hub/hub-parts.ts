import type { ExtensionLog } from '../../host-extension.js'
import type { TaskHub } from './task-hub.js'

/** What all share that work on the hub. */
export interface HubParts {
  readonly hub: TaskHub
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: ExtensionLog
}
