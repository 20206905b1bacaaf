import type { HookTable } from '../loading/hooks.js'
import type { HostLog, LogLevel } from '../log.js'

/** The log of one invocation. */
export interface InvocationLog {
  readonly write: (level: LogLevel, category: string, message: string) => void
  /** Makes the invocation's context known to log hooks. */
  setContext(context: unknown): void
}

/**
 * User messages go to `Function.<name>.User`, the library's to `Function.<name>`.
 * Log hooks run first and may change level and text of user messages only (Functions worker: log hooks).
 */
export function createInvocationLog(name: string, log: HostLog, hooks: HookTable): InvocationLog {
  let invocationContext: unknown
  return {
    setContext(context) {
      invocationContext = context
    },
    write(level, category, message) {
      const target = category === 'user' ? `Function.${name}.User` : `Function.${name}`
      if (!hooks.has('log')) return log.write(level, target, message)
      const context = {
        level,
        message,
        category,
        invocationContext,
        hookData: {},
        appHookData: hooks.appHookData,
      }
      hooks.runLogHooks(context)
      if (category === 'user') log.write(context.level, target, context.message)
      else log.write(level, target, message)
    },
  }
}
