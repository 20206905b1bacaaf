import type { Answer } from '../../answers.js'
import type { Call } from '../../route.js'
import { createFrameStream } from '../frame-stream.js'
import { tellRun } from '../tell-run.js'
import { toAguiError } from './agui-errors.js'
import { AguiTeller } from './agui-teller.js'
import { beginRun } from './begin-run.js'
import { parseInput } from './parse-input.js'

/** `POST ag-ui/{agent}`, `POST ag-ui`: takes a message, or what a run has asked for; answers with the run's events. */
export async function handleAgui(call: Call): Promise<Answer> {
  const input = await parseInput(call)
  const begun = await beginRun(call, input)
  await call.sessions.settle()
  const { key } = begun
  const { shown, isOlderClient } = input
  const teller = new AguiTeller({ key, runId: input.key.run, shown, isOlderClient })
  return createFrameStream(call, {
    key,
    batches: tellRun(call, key, teller, begun),
    toErrorData: toAguiError,
  })
}
