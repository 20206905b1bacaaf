import { join } from 'node:path'
import { AgentError } from '../../core/errors.js'
import type { ExtensionLog } from '../host-extension.js'
import { type Azurite, findAzurite, startAzurite } from './azurite.js'
import { isListening } from './is-listening.js'
import { findEmulator, type StorageConnection, type StorageService } from './storage-connection.js'

export interface EmulatorsOptions {
  /** The app's folder. */
  readonly root: string
  /** Emulators keep what they store below `azurite` in here. */
  readonly dataDir: string
  readonly log: ExtensionLog
}

/** Starts the storage emulator for apps whose settings name it, when nobody else has. */
export class Emulators {
  readonly #options: EmulatorsOptions
  readonly #started = new Map<number, Azurite>()
  readonly #starting = new Map<number, Promise<void>>()
  #closing: Promise<void> | undefined

  constructor(options: EmulatorsOptions) {
    this.#options = options
  }

  /**
   * Makes sure that the connection's emulator listens; nothing to do for a real account.
   * @throws {AgentError} `store_unavailable`, naming the setting, when it does not and cannot be started.
   */
  async ensure(connection: StorageConnection, service: StorageService): Promise<void> {
    const address = findEmulator(connection, service)
    if (address === undefined || this.#started.get(address.port)?.isRunning()) return
    const starting =
      this.#starting.get(address.port) ??
      this.#start(connection, service).finally(() => this.#starting.delete(address.port))
    this.#starting.set(address.port, starting)
    await starting
  }

  /** Ends the emulators that it has started. Call it when nothing uses them any more. */
  close(): Promise<void> {
    this.#closing ??= this.#stopAll()
    return this.#closing
  }

  async #stopAll(): Promise<void> {
    await Promise.allSettled(this.#starting.values())
    await Promise.all([...this.#started.values()].map((azurite) => azurite.stop()))
  }

  async #start(connection: StorageConnection, service: StorageService): Promise<void> {
    const { root, dataDir, log } = this.#options
    const address = findEmulator(connection, service)
    if (address === undefined || this.#closing !== undefined || (await isListening(address))) return
    const place = `${address.host}:${address.port}`
    if (!isInstalled(root, service)) {
      const message = `The app setting '${connection.setting}' names the development storage, but nothing listens at ${place}. Start Azurite there, or install it in the app, and this host starts it: npm install --save-dev azurite`
      throw new AgentError('store_unavailable', message)
    }
    const folder = join(dataDir, 'azurite', service)
    const azurite = await startAzurite({ root, folder, service, address })
    this.#started.set(address.port, azurite)
    log(
      'information',
      `Started Azurite's ${service} service at ${place}, as '${connection.setting}' asks for it.`,
    )
  }
}

function isInstalled(root: string, service: StorageService): boolean {
  try {
    findAzurite(root, service)
    return true
  } catch {
    return false
  }
}
