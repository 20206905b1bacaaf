import { toProblem } from '../../../core/problem.js'
import { type Answer, createJsonAnswer, toRetryHeaders } from '../../answers.js'
import type { AguiError } from './agui-events.js'

/** Whatever was thrown, as the event that clients know errors by. */
export function toAguiError(error: unknown): AguiError {
  const { detail, code } = toProblem(error)
  return { type: 'RUN_ERROR', message: detail, code }
}

/** The answer to whatever a handler threw before there was a stream: that event, with the fields that are wrong, under a true status. */
export function toAguiErrorAnswer(error: unknown): Answer {
  const { status, issues } = toProblem(error)
  return createJsonAnswer({ ...toAguiError(error), issues }, status, toRetryHeaders(error))
}
