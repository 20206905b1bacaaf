/** Set for a host process that another process of this package watches over. */
const supervisedSetting = 'DURABLE_AGENTS_SUPERVISED'

/** Ends with this code to be started again at once. */
export const restartCode = 86

/** What a host process tells the process that watches over it, when it answers requests. */
export interface ReadyMessage {
  readonly readyAtPort: number
}

/** The process that started this host and starts it again. */
export interface Supervisor {
  /** Reports the port; `onGone` is called when the supervisor has ended, however that happens. */
  attach(host: { readonly port: number; readonly onGone: () => void }): void
  /** Ends this process, for another to be started. */
  askForRestart(): never
}

/** The environment of a host process to be watched over. */
export function toSupervisedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, [supervisedSetting]: '1' }
}

/** The supervisor of this process; undefined when nobody would start it again. */
export function findSupervisor(): Supervisor | undefined {
  if (process.env[supervisedSetting] === undefined || !process.connected) return undefined
  // The app's own children must not take themselves for watched over.
  delete process.env[supervisedSetting]
  return {
    attach: ({ port, onGone }) => {
      if (!process.connected) return onGone()
      process.once('disconnect', onGone)
      const message: ReadyMessage = { readyAtPort: port }
      process.send?.(message)
      process.channel?.unref()
    },
    askForRestart: () => process.exit(restartCode),
  }
}
