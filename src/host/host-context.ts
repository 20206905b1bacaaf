import type { HostLog } from './log.js'
import type { HostJson } from './settings/host-json.js'

/** What an extension learns about the host that it becomes part of. */
export interface HostContext {
  /** Absolute path of the folder that holds host.json. */
  readonly root: string
  readonly hostJson: HostJson
  /** Authority under which the host answers, e.g. `localhost:7071`; the same as `WEBSITE_HOSTNAME`. */
  readonly hostName: string
  readonly log: HostLog
  /** Types of the app's triggers, inputs and outputs, in lower case. */
  readonly bindingTypes: ReadonlySet<string>
}
