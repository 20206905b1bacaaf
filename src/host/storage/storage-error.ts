import { AgentError, toErrorMessage } from '../../core/errors.js'
import type { StorageConnection } from './storage-connection.js'

/** Whether a queue, message, container or blob does not exist, or the message has been received by somebody else since. */
export function isGone(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('statusCode' in error && error.statusCode === 404) return true
  return 'code' in error && error.code === 'PopReceiptMismatch'
}

/** Whether nothing listened at the service's address. */
export function isRefused(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED'
}

/** What went wrong at a storage service, with the setting that leads there; errors of our own stay as they are. */
export function toStorageError(what: string, connection: StorageConnection, error: unknown): Error {
  if (error instanceof AgentError) return error
  // Services append their request id and the time in further lines.
  const [why = ''] = toErrorMessage(error).split('\n')
  const message = `The ${what} of the account that the app setting '${connection.setting}' names cannot be used: ${why}`
  return new AgentError('store_unavailable', message, { cause: error, retryable: true })
}
