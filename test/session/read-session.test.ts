import { expect, test } from 'vitest'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunEvent } from '../../src/run/events.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { AgentState } from '../../src/session/state/agent-state.js'
import { readSession } from '../../src/session/state/read-session.js'
import { answer, completed, started } from '../run/event-samples.js'
import { key } from './session-kit.js'

const failed: RunEvent = {
  type: 'run.failed',
  data: { type: 'about:blank', title: '', status: 502, detail: 'It failed.', code: 'model_error' },
}

async function addRun(log: MemoryRunLog, turn: number, events: readonly RunEvent[]) {
  const run = { ...key, run: `r${turn}` }
  await log.create(run, createRunRequest({ messages: [createTextMessage('user', `Message ${turn}`)] }))
  if (events.length === 0) return
  await log.append(run, 1, [started(1, turn), ...events])
}

test('every page of a conversation says the same of it as a whole', async () => {
  const log = new MemoryRunLog()
  await addRun(log, 1, [answer(0, 'First'), completed('First')])
  await addRun(log, 2, [answer(0, 'Second'), completed('Second')])
  await addRun(log, 3, [failed])
  await addRun(log, 4, [])
  for (const page of [
    { limit: 9, before: undefined },
    { limit: 1, before: undefined },
    { limit: 1, before: 2 },
  ]) {
    const { messageCount, lastResponse } = await readSession({ log, key, state: new AgentState() }, page)
    expect([messageCount, lastResponse]).toEqual([4, 'Second'])
  }
})
