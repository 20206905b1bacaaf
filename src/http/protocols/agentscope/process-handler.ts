import type { RunKey } from '../../../run/run-log.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import { parseCursor } from '../../parse-cursor.js'
import type { Call } from '../../route.js'
import { toAgentScopeErrorAnswer } from './agentscope-errors.js'
import { beginRun, decideProcess } from './begin-process.js'
import { type ParsedProcess, parseProcess } from './parse-process.js'
import { createResponseAnswer } from './response-answer.js'
import { createRunPlace } from './response-id.js'
import { createResponseStream, type Reading, waitForResponse } from './response-stream.js'

/** `POST process`: accepts a message, or what a human has decided; answers with the events of the response, or with the response itself. */
export async function handleProcess(call: Call): Promise<Answer> {
  const parsed = await parseProcess(call)
  const { input, agent, session, run, instructions, metadata } = parsed
  if (input.type === 'decided') {
    const { key, reading } = await decideProcess(call, parsed, input, parseCursor(call))
    return answer(call, parsed, key, reading)
  }
  const key = { agent: agent.name, ...createRunPlace(session, run, call.owner) }
  // Some clients reconnect by posting again. Without a name for it that begins another response, of which they have nothing.
  const after = run === undefined ? -1 : parseCursor(call, 'sequence_number')
  try {
    await beginRun(call, key, { input, instructions, metadata })
    return await answer(call, parsed, key, { after })
  } catch (error) {
    call.onError(error)
    return toAgentScopeErrorAnswer(error, toRunHeaders(key))
  }
}

async function answer(
  call: Call,
  { isStreamed }: ParsedProcess,
  key: RunKey,
  reading: Reading,
): Promise<Answer> {
  if (!isStreamed) await waitForResponse(call, key, reading)
  // From here on the caller knows of a run that may not have ended.
  await call.sessions.settle()
  return isStreamed ? createResponseStream(call, key, reading) : createResponseAnswer(call, key)
}
