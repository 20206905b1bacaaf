import { z } from 'zod'
import type { Agent } from '../agent/agent.js'
import type { Answer } from './answers.js'
import { jsonValue } from './json-shapes.js'
import { parseShape } from './parse-shape.js'
import { readJsonBody } from './read-body.js'
import type { Call, Handler } from './route.js'
import { createRunAnswer } from './run-answer.js'
import { requireRun } from './session-handlers.js'
import { findUnreported, type PlacedResult, reportResults } from './take-results.js'

const toolResult = z
  .strictObject({
    callId: z.string(),
    result: jsonValue.optional().describe('What the tool gave: any JSON.'),
    error: z.string().optional().describe('Why it failed, instead; the model is told.'),
  })
  .refine(
    ({ result, error }) => (result === undefined) !== (error === undefined),
    'must have either result or error',
  )

/** What came of tool calls that the caller has carried out. */
export const resultsBody = z.strictObject({ results: z.array(toolResult).min(1).max(128) })

/** `POST agents/{agent}/{sessionId}/runs/{correlationId}/results`: what came of tool calls that wait for the caller; 202, then follow the run. */
export function createResultsHandler(agent: Agent): Handler {
  return async function handleResults(call: Call): Promise<Answer> {
    const body = await readJsonBody(call.request, call.settings.maxBodyBytes)
    const { results } = parseShape(resultsBody, body)
    const { key, events } = await requireRun(call, agent)
    await reportResults(call, key, findUnreported(events, results.map(toPlaced)))
    return createRunAnswer(call.url, key, await call.sessions.readStanding(key, events))
  }
}

function toPlaced({ callId, result = null, error }: z.infer<typeof toolResult>, index: number): PlacedResult {
  const outcome = error === undefined ? { result } : { error }
  return { path: `results.${index}.callId`, callId, outcome }
}
