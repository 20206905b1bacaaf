import { AgentError } from '../../core/errors.js'
import type { BindingInfo } from '../functions.js'
import type { Settings } from '../settings/setting-names.js'
import { readStorageConnection, type StorageConnection } from './storage-connection.js'

/** A queue that a trigger reads or an output writes. */
export interface QueueBinding {
  readonly queueName: string
  readonly connection: StorageConnection
}

export function isQueueTrigger({ type }: BindingInfo): boolean {
  return type.toLowerCase() === 'queuetrigger'
}

export function isQueueOutput({ type, direction }: BindingInfo): boolean {
  return type.toLowerCase() === 'queue' && direction === 'out'
}

/** Reads a binding's options. @throws {AgentError} `invalid_configuration` for a name that no queue can have, or a setting that is missing. */
export function parseQueueBinding(binding: BindingInfo, settings: Settings): QueueBinding {
  const queueName = typeof binding.queueName === 'string' ? binding.queueName.toLowerCase() : ''
  if (!/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(queueName)) {
    const message = `The queue name ${JSON.stringify(binding.queueName)} is not valid: use 3 to 63 letters, digits and single dashes between them.`
    throw new AgentError('invalid_configuration', message)
  }
  return { queueName, connection: readStorageConnection(settings, binding.connection) }
}
