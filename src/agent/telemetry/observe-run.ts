import { outsideChatCalls } from '../../model/telemetry/chat-call.js'
import { isMetering } from '../../model/telemetry/instruments.js'
import { isTracing } from '../../model/telemetry/tracing.js'
import type { RunState } from '../../run/fold.js'
import type { ObservedRun, RunObserver } from './observed-run.js'
import { RunMeter } from './run-meter.js'
import { traceRun } from './run-span.js'

const nobody: RunObserver = { trace: undefined, note() {} }

/** Executes a run as a span `invoke_agent <agent>`, and measures it, where the app has registered providers for that. */
export function observeRun(
  run: ObservedRun,
  execute: (observer: RunObserver) => Promise<RunState>,
): Promise<RunState> {
  const isTraced = isTracing()
  if (!isTraced && !isMetering()) return execute(nobody)
  const meter = new RunMeter(run)
  const executeOwn = (observer: RunObserver) => outsideChatCalls(() => execute(observer))
  if (!isTraced) return executeOwn({ trace: undefined, note: (event) => meter.note(event) })
  return traceRun(run, (span) =>
    executeOwn({
      trace: span.trace,
      note(event) {
        span.note(event)
        meter.note(event)
      },
    }),
  )
}
