import type { ServerSentEvent } from '../../../core/sse.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import { createSseAnswer } from '../../event-stream.js'
import type { Call } from '../../route.js'
import { type RunToTell, tellRun } from '../tell-run.js'
import { toAguiError } from './agui-errors.js'
import type { AguiEvent } from './agui-events.js'
import { AguiTeller } from './agui-teller.js'
import { beginRun } from './begin-run.js'
import { type ParsedInput, parseInput } from './parse-input.js'

/** `POST ag-ui/{agent}`, `POST ag-ui`: takes a message, or what a run has asked for; answers with the run's events. */
export async function handleAgui(call: Call): Promise<Answer> {
  const input = await parseInput(call)
  const begun = await beginRun(call, input)
  await call.sessions.settle()
  const { session, run } = begun.key
  return createSseAnswer(toSseBatches(call, input, begun), call.settings, toRunHeaders(session, run))
}

async function* toSseBatches(
  call: Call,
  { key: { run: runId }, shown, isOlderClient }: ParsedInput,
  begun: RunToTell,
): AsyncGenerator<readonly ServerSentEvent[]> {
  const { key } = begun
  const teller = new AguiTeller({ key, runId, shown, isOlderClient })
  try {
    for await (const events of tellRun(call, key, teller, begun)) yield events.map(toSse)
  } catch (error) {
    call.onError(error)
    yield [toSse(toAguiError(error))]
  }
}

function toSse(event: AguiEvent): ServerSentEvent {
  return { data: JSON.stringify(event) }
}
