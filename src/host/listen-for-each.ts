import type { FunctionDefinition, FunctionInvoker } from './functions.js'
import type { HostExtension } from './host-extension.js'

/** Watches for what triggers one function, and runs it. */
export interface TriggerListener {
  start(): void
  /** Begins no run any more, and waits up to `graceMs` for those under way. */
  stop(graceMs: number): Promise<void>
}

/** How an extension starts and stops that has a listener for each of its functions; `open` makes one, `isOwn` says which triggers are its own. */
export function listenForEach(
  isOwn: (definition: FunctionDefinition) => boolean,
  open: (definition: FunctionDefinition, invoker: FunctionInvoker) => TriggerListener,
): Pick<HostExtension, 'start' | 'stop'> {
  let listeners: readonly TriggerListener[] = []
  return {
    start: async (functions, invoker) => {
      listeners = functions.filter(isOwn).map((definition) => open(definition, invoker))
      for (const listener of listeners) listener.start()
    },
    stop: async (graceMs) => {
      await Promise.all(listeners.map((listener) => listener.stop(graceMs)))
    },
  }
}
