import { AsyncLocalStorage } from 'node:async_hooks'

/** Other instrumentations of models obey this setting too; its name is theirs. */
const settingName = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
const yes = new Set(['true', '1', 'span_only', 'span_and_event'])

// Not in OpenTelemetry's context: an app that has registered no context manager must be obeyed too.
const choices = new AsyncLocalStorage<boolean>()

/** Whether what is said may be recorded here: as the app says, else as the environment does, else not. */
export function capturesContent(): boolean {
  return choices.getStore() ?? yes.has(process.env[settingName]?.trim().toLowerCase() ?? '')
}

/** Does work whose content may, or may not, be recorded; `undefined` leaves that as it is. */
export function withContentCapture<T>(captures: boolean | undefined, work: () => T): T {
  return captures === undefined ? work() : choices.run(captures, work)
}
