import { AgentError } from '../../core/errors.js'

/** What the SDK's errors have; they are told by their shape, so that the SDK need not be loaded for it. */
interface StorageFailure {
  readonly statusCode: number | undefined
  readonly code: string
}

/** The HTTP status (304, 404, 409, 412, 416...) and the service's error code of something that the SDK threw. */
export function toStorageFailure(error: unknown): StorageFailure {
  const { statusCode, code, name } = (error ?? {}) as Record<string, unknown>
  return {
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    code: toCode(code) ?? toCode(name) ?? 'UnknownError',
  }
}

function toCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w{1,100}$/.test(value) ? value : undefined
}

/** Whether the SDK gave up because its `abortSignal` said so. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/**
 * Turns what the SDK threw into an error of ours.
 * Security: the SDK's errors hold the request with its URL and headers, and so signatures and tokens. Only the status and
 * the service's error code are taken over, never its text, and the error is not kept as `cause`.
 */
export function toStoreError(error: unknown, host: string): AgentError {
  if (error instanceof AgentError) return error
  const { statusCode, code } = toStorageFailure(error)
  const reason = isTimeout(error) ? 'no answer in time' : code
  const what = statusCode === undefined ? reason : `${code}, HTTP ${statusCode}`
  const message = `The run log in the storage account at ${host} cannot be used (${what}).`
  const hint = toHint(statusCode, code, host)
  return new AgentError('store_unavailable', hint === undefined ? message : `${message} ${hint}`, {
    retryable: statusCode === undefined ? !isPermanent(code) : statusCode >= 500 || statusCode === 429,
  })
}

// Names and codes of failures that come from settings: asking again changes nothing.
function isPermanent(code: string): boolean {
  return /^(CredentialUnavailableError|AggregateAuthenticationError|AuthenticationRequiredError|TypeError)$/.test(
    code,
  )
}

function toHint(statusCode: number | undefined, code: string, host: string): string | undefined {
  if (/NotSupported/.test(code)) {
    return 'It needs append blobs, which premium block blob accounts do not have: use a general-purpose v2 account.'
  }
  if (code === 'InvalidHeaderValue' && /^(localhost|127\.)/.test(host)) {
    return 'If that is Azurite, update it or start it with --skipApiVersionCheck.'
  }
  if (statusCode === 401 || statusCode === 403 || isPermanent(code)) {
    return 'Check the key in the connection string, or give the identity the role "Storage Blob Data Contributor".'
  }
  return statusCode === undefined ? 'Check the address and the network, or start Azurite.' : undefined
}
