import { AgentError } from '../../../core/errors.js'
import type { RunKey } from '../../../run/run-log.js'
import { isAsking } from '../../../run/waiting.js'
import { type Answer, createJsonAnswer, toRunHeaders } from '../../answers.js'
import type { Call } from '../../route.js'
import type { ResponseEvent } from './agentscope-events.js'
import { projectRun } from './project-run.js'
import { toResponseId } from './response-id.js'

/** A response as it stands, as JSON: with 200 when it is complete, with 202 and where to look again as long as it is not, else with the status of what went wrong. */
export async function createResponseAnswer({ sessions, url }: Call, key: RunKey): Promise<Answer> {
  const events = await sessions.readRun(key)
  const told = projectRun(key, events).findLast((event) => event.object === 'response')
  if (told === undefined) throw new AgentError('run_cancelled', 'The response was deleted.')
  // What was decided counts from when it was filed: the run learns of it only when its turn comes.
  const isDecided = told.status === 'incomplete' && !isAsking(await sessions.readStanding(key, events))
  const response = isDecided ? { ...told, status: 'in_progress' as const } : told
  const last = events.at(-1)
  const status = last?.type === 'run.failed' ? last.data.status : statuses[response.status]
  const headers = toRunHeaders(key)
  if (status !== 202) return createJsonAnswer(response, status, headers)
  return createJsonAnswer(response, status, {
    ...headers,
    location: toLocation(url, key),
    'retry-after': '1',
  })
}

const statuses: Readonly<Record<ResponseEvent['status'], number>> = {
  created: 202,
  in_progress: 202,
  incomplete: 202,
  completed: 200,
  canceled: 409,
  failed: 500,
}

function toLocation({ origin, pathname }: URL, key: RunKey): string {
  const base = pathname.replace(/\/process(\/.*)?$/i, '/process')
  const session = encodeURIComponent(key.session)
  return `${origin}${base}/${encodeURIComponent(toResponseId(key))}?stream=false&session_id=${session}`
}
