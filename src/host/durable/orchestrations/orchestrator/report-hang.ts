import type { ExtensionLog } from '../../../host-extension.js'
import type { Instance } from '../../hub/instance-table.js'

/** Says what of an orchestration keeps it from ever ending in Azure, half a sentence. */
export function reportHang({ id }: Instance, what: string, log: ExtensionLog): void {
  log('warning', `[would hang in Azure] The orchestration '${id}': ${what}.`)
}
