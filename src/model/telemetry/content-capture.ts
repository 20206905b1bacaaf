import { context, createContextKey } from '@opentelemetry/api'

/** Other instrumentations of models obey this setting too; its name is theirs. */
const settingName = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
const yes = new Set(['true', '1', 'span_only', 'span_and_event'])

const captureKey = createContextKey('durable-agent-functions: capture content')

/** Whether what is said may be recorded here: as the app says, else as the environment does, else not. */
export function capturesContent(): boolean {
  const chosen = context.active().getValue(captureKey)
  if (typeof chosen === 'boolean') return chosen
  return yes.has(process.env[settingName]?.trim().toLowerCase() ?? '')
}

/** Does work whose content may, or may not, be recorded; `undefined` leaves that as it is. */
export function withContentCapture<T>(captures: boolean | undefined, work: () => T): T {
  if (captures === undefined) return work()
  return context.with(context.active().setValue(captureKey, captures), work)
}
