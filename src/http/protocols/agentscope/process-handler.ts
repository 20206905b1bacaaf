import { withinMs } from '../../../core/work-limit.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import type { Call } from '../../route.js'
import { toAgentScopeErrorAnswer } from './agentscope-errors.js'
import { beginRun } from './begin-run.js'
import { type ParsedProcess, parseProcess } from './parse-process.js'
import { createResponseAnswer } from './response-answer.js'
import { createResponseStream } from './response-stream.js'

/** `POST process`: accepts a message; answers with the events of its response, or with the response itself. */
export async function handleProcess(call: Call): Promise<Answer> {
  const parsed = await parseProcess(call)
  try {
    return await answerProcess(call, parsed)
  } catch (error) {
    call.onError(error)
    return toAgentScopeErrorAnswer(error, toRunHeaders(parsed.key.session, parsed.key.run))
  }
}

async function answerProcess(call: Call, parsed: ParsedProcess): Promise<Answer> {
  const { sessions, settings } = call
  const { key, isStreamed } = parsed
  await beginRun(call, parsed)
  if (!isStreamed) await withinMs(settings.waitLimitMs, (signal) => sessions.waitForNews(key, signal))
  // From here on the caller knows of a run that may not have ended.
  await sessions.settle()
  return isStreamed ? createResponseStream(call, key, -1) : createResponseAnswer(call, key)
}
