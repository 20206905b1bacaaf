import { AgentError, toErrorMessage } from '../../core/errors.js'
import type { Emulators } from './emulators.js'
import { findEmulator, type StorageConnection, type StorageService } from './storage-connection.js'

export interface StorageLinkOptions<Client> {
  readonly connection: StorageConnection
  readonly service: StorageService
  /** What is used, for messages, e.g. `queue 'orders'`. */
  readonly what: string
  readonly emulators: Pick<Emulators, 'ensure'>
  /** Connects; nothing need be sent yet. */
  readonly open: () => Promise<Client>
}

/** A way to a storage service, made when first used. An emulator that does not run, or no longer, is started where that is possible. */
export class StorageLink<Client> {
  readonly #options: StorageLinkOptions<Client>
  #client: Promise<Client> | undefined

  constructor(options: StorageLinkOptions<Client>) {
    this.#options = options
  }

  /** @throws {AgentError} `store_unavailable` when the service does not answer or refuses. */
  async use<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const { connection, service } = this.#options
    try {
      return await this.#try(work)
    } catch (error) {
      if (!isRefused(error) || findEmulator(connection, service) === undefined) throw this.#toError(error)
    }
    // The emulator has ended since; connecting anew starts another.
    return this.#try(work).catch((error: unknown) => {
      throw this.#toError(error)
    })
  }

  /** Like {@link use}; undefined when what it works on does not exist, or not in the version that it asks for. */
  async find<Result>(work: (client: Client) => Promise<Result>): Promise<Result | undefined> {
    return this.use((client) =>
      work(client).catch((error: unknown) => {
        if (isGone(error)) return undefined
        throw error
      }),
    )
  }

  /** Like {@link use}; what it works on is made first when it does not exist. */
  async useOrMake(
    work: (client: Client) => Promise<object>,
    make: (client: Client) => Promise<unknown>,
  ): Promise<void> {
    if ((await this.find(work)) !== undefined) return
    await this.use(make)
    await this.use(work)
  }

  async #try<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    try {
      this.#client ??= this.#connect()
      return await work(await this.#client)
    } catch (error) {
      if (error instanceof AgentError || isRefused(error)) this.#client = undefined
      throw error
    }
  }

  async #connect(): Promise<Client> {
    const { connection, service, emulators, open } = this.#options
    await emulators.ensure(connection, service)
    return open()
  }

  #toError(error: unknown): AgentError {
    if (error instanceof AgentError) return error
    const { what, connection } = this.#options
    // Services append their request id and the time in further lines.
    const [why = ''] = toErrorMessage(error).split('\n')
    const message = `The ${what} of the account that the app setting '${connection.setting}' names cannot be used: ${why}`
    return new AgentError('store_unavailable', message, { cause: error, retryable: true })
  }
}

/** A message that somebody else has received since has another receipt. */
function isGone(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('statusCode' in error && (error.statusCode === 404 || error.statusCode === 412)) return true
  return 'code' in error && error.code === 'PopReceiptMismatch'
}

/** Nothing listens at the service's address. */
function isRefused(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED'
}
