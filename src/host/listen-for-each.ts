import type { FunctionDefinition, FunctionInvoker } from './functions.js'
import { hasType } from './has-type.js'
import type { HostExtension } from './host-extension.js'

/** Watches for what triggers one function, and runs it. */
export interface TriggerListener {
  start(): void
  /** Begins no run any more, and waits up to `graceMs` for those under way. */
  stop(graceMs: number): Promise<void>
}

/** How an extension starts and stops that has a listener for each function with its one type of trigger; `open` makes one. */
export function listenForEach(
  triggerType: string,
  open: (definition: FunctionDefinition, invoker: FunctionInvoker) => TriggerListener,
): Pick<HostExtension, 'triggerTypes' | 'start' | 'stop'> {
  let listeners: readonly TriggerListener[] = []
  return {
    triggerTypes: [triggerType],
    start: async (functions, invoker) => {
      const own = functions.filter(({ trigger }) => hasType(trigger, triggerType))
      listeners = own.map((definition) => open(definition, invoker))
      for (const listener of listeners) listener.start()
    },
    stop: async (graceMs) => {
      await Promise.all(listeners.map((listener) => listener.stop(graceMs)))
    },
  }
}
