import type { LogLevel } from '../log.js'
import type { FunctionCallback, FunctionMetadata } from './function-metadata.js'
import type { FunctionTable } from './function-table.js'
import type { HookCallback, HookTable } from './hooks.js'
import type { ProgrammingModel } from './programming-model.js'

/** Version of the worker protocol that this host speaks, as apps can read it. */
const workerVersion = '3.12.0'
/** Version of the Functions host whose behaviour this host has. */
export const hostVersion = '4.1037.0'

/** Receives the library's own messages and those of code outside invocations. */
export type CoreLog = (level: LogLevel, category: string, message: string) => void

/** The members of the virtual module `@azure/functions-core` (Functions worker: core API). */
export interface CoreModule {
  readonly version: string
  readonly hostVersion: string
  readonly Disposable: typeof Disposable
  getProgrammingModel(): ProgrammingModel | undefined
  setProgrammingModel(model: ProgrammingModel): void
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable
  registerHook(name: string, callback: HookCallback): Disposable
  log(level: LogLevel, category: string, message: string): void
}

/** Undoes something once, when it is disposed of. */
export class Disposable {
  readonly #undo: () => unknown

  constructor(undo: () => unknown) {
    this.#undo = undo
  }

  /** One disposable for many. */
  static from(...parts: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const part of parts) part.dispose()
    })
  }

  dispose(): unknown {
    return this.#undo()
  }
}

/** The module's members over the tables of one app. When two copies of the library load, the last model wins, as in the worker. */
export function createCoreModule(options: {
  readonly functions: FunctionTable
  readonly hooks: HookTable
  readonly log: CoreLog
}): CoreModule {
  const { functions, hooks, log } = options
  let programmingModel: ProgrammingModel | undefined
  return {
    version: workerVersion,
    hostVersion,
    Disposable,
    getProgrammingModel: () => programmingModel,
    setProgrammingModel(model) {
      programmingModel = model
    },
    registerFunction: (metadata, callback) => new Disposable(functions.register(metadata, callback)),
    registerHook: (name, callback) => new Disposable(hooks.register(name, callback)),
    log,
  }
}
