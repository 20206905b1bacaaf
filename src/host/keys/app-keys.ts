import { type HostSecrets, type NamedKey, readFunctionSecrets, readHostSecrets } from './secret-files.js'

/** Extensions whose webhooks have a system key of their own, by the key's name. */
const systemKeyNames = { durabletask: 'durabletask_extension', mcp: 'mcp_extension' } as const

/** The keys of an app, read from their folder when first asked for. */
export class AppKeys {
  readonly #folder: string
  readonly #functionKeys = new Map<string, readonly NamedKey[]>()
  #host: HostSecrets | undefined

  /** @param folder Made with the first key. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Where the keys are kept. */
  get folder(): string {
    return this.#folder
  }

  /** @throws {AgentError} `invalid_configuration` when the files cannot be used; so do all others. */
  get host(): HostSecrets {
    this.#host ??= readHostSecrets(this.#folder, Object.values(systemKeyNames))
    return this.#host
  }

  /** The keys of one function; the app's own function keys open it as well. */
  ofFunction(name: string): readonly NamedKey[] {
    const keys = this.#functionKeys.get(name) ?? readFunctionSecrets(this.#folder, name)
    this.#functionKeys.set(name, keys)
    return keys
  }

  /** The key of an extension's webhooks: the master key when it has none of its own. */
  ofExtension(extension: string): string {
    const name = Object.entries(systemKeyNames).find(([owner]) => owner === extension.toLowerCase())?.[1]
    const key = this.host.systemKeys.find((each) => each.name === name)
    return (key ?? this.host.master).value
  }
}
