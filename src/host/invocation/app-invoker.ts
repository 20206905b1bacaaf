import type { FunctionInvoker } from '../functions.js'
import type { HostExtension } from '../host-extension.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import type { LoadedApp } from '../loading/load-app.js'
import type { HostLog } from '../log.js'
import type { HostJson } from '../settings/host-json.js'
import { createFailure } from './invocation-failure.js'
import { createInvoker } from './invoke.js'
import type { InputReader } from './read-inputs.js'
import type { OutputWriter } from './write-outputs.js'

/** The invoker of a loaded app, with the extensions filling in the inputs that are theirs. */
export function createAppInvoker(options: {
  readonly app: LoadedApp
  readonly functions: readonly LoadedFunction[]
  readonly extensions: readonly HostExtension[]
  readonly hostJson: HostJson
  readonly log: HostLog
  readonly restart: (() => void) | undefined
}): FunctionInvoker {
  const { app, functions, extensions, hostJson, log, restart } = options
  const { hooks, model } = app
  // Without a model the app registered nothing: there is no function that anybody could ask for.
  if (model === undefined) return { invoke: async () => createFailure('The app has no functions.') }
  const { functionTimeoutMs } = hostJson
  return createInvoker({
    model,
    functions,
    hooks,
    log,
    readInput: toInputReader(extensions),
    writeOutput: toOutputWriter(extensions),
    functionTimeoutMs,
    onTimeout: restart,
  })
}

function toInputReader(extensions: readonly HostExtension[]): InputReader {
  return async (binding, context) => {
    for (const extension of extensions) {
      const value = extension.readInput?.(binding, context)
      if (value !== undefined) return value
    }
    return undefined
  }
}

function toOutputWriter(extensions: readonly HostExtension[]): OutputWriter {
  return async (binding, data, context) => {
    for (const extension of extensions) {
      const writing = extension.writeOutput?.(binding, data, context)
      if (writing !== undefined) return writing
    }
  }
}
