import { expect, test } from 'vitest'
import { createStandingAnswer } from '../../src/http/answers.js'
import { toTask } from '../../src/http/protocols/a2a/follow-task.js'
import { projectRun } from '../../src/http/protocols/agentscope/project-run.js'
import { ResponseTeller } from '../../src/http/protocols/openai/responses/response-teller.js'
import type { RunEvent, StoredEvent } from '../../src/run/events.js'
import { fold } from '../../src/run/fold.js'
import { accepted } from '../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'r' }
const joined: RunEvent = { type: 'run.joined', data: { run: 'earlier' } }

/** What our own routes and the dialects say of a run. */
function tell(...events: readonly RunEvent[]) {
  const stored = events.map((event, id): StoredEvent => ({ ...event, id, at: 0 }))
  const { body } = createStandingAnswer(new URL('http://localhost/api/agents/A/run'), key, fold(events))
  const teller = new ResponseTeller({ ...key, first: 0, part: 0 })
  for (const event of stored) teller.take(event)
  return [
    JSON.parse(String(body)).status,
    teller.response.status,
    projectRun(key, stored).at(-1)?.status,
    toTask(key, stored).status.state,
  ]
}

test('a message that has joined an earlier run is being worked on, in all dialects', () => {
  expect(tell(accepted('Hi'))).toEqual(['accepted', 'queued', 'created', 'TASK_STATE_SUBMITTED'])
  expect(tell(accepted('Hi'), joined)).toEqual([
    'running',
    'in_progress',
    'in_progress',
    'TASK_STATE_WORKING',
  ])
})
