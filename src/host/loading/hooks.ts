/** What a hook gets; the library wraps it in a class per hook (Functions worker: hooks). */
export type HookContext = Record<string, unknown>
export type HookCallback = (context: HookContext) => unknown

const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const
export type HookName = (typeof hookNames)[number]

/** The app's hooks, in the order of registration, and the object that all of them share. */
export class HookTable {
  /** Seen by every hook of the app as `appHookData`. */
  readonly appHookData: Record<string, unknown> = {}
  /** `hookData` of app-level hooks: one object for start and end. */
  readonly appLevelData: Record<string, unknown> = {}
  readonly #callbacks: Readonly<Record<HookName, HookCallback[]>> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  }

  /** Adds a hook and returns what removes it. @throws {RangeError} for an unknown name, marked as a system error. */
  register(name: string, callback: HookCallback): () => void {
    const known = hookNames.find((hookName) => hookName === name)
    if (known === undefined) {
      const error = new RangeError(`Unrecognized hook "${name}"`)
      throw Object.assign(error, { isAzureFunctionsSystemError: true })
    }
    const callbacks = this.#callbacks[known]
    callbacks.push(callback)
    return () => {
      const index = callbacks.indexOf(callback)
      if (index >= 0) callbacks.splice(index, 1)
    }
  }

  /** Whether any hook of this name exists: without one the context need not be made. */
  has(name: HookName): boolean {
    return this.#callbacks[name].length > 0
  }

  /** Runs the hooks of one name one after another, each awaited; the first that throws ends it. */
  async run(name: Exclude<HookName, 'log'>, context: HookContext): Promise<void> {
    for (const callback of [...this.#callbacks[name]]) await callback(context)
  }

  /** Runs `appStart` or `appTerminate` hooks. */
  async runAppHooks(name: 'appStart' | 'appTerminate', functionAppDirectory: string): Promise<void> {
    if (!this.has(name)) return
    const { appHookData } = this
    await this.run(name, { hookData: this.appLevelData, appHookData, functionAppDirectory })
  }

  /** Runs `log` hooks at once: they may change `level` and `message` of the context. */
  runLogHooks(context: HookContext): void {
    for (const callback of this.#callbacks.log) callback(context)
  }
}
