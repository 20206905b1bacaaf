import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { AgentError } from '../../src/core/errors.js'
import { handleApprovals } from '../../src/http/list-approvals-handler.js'
import type { RunKey } from '../../src/run/run-log.js'
import { asks, calls, completed, parked, request, started } from '../run/event-samples.js'
import { createWaitingScene } from './waiting-scene.js'

/** A scene with more runs that wait, each in a session of its own: `s` was accepted at 0, the others as given. */
async function createScene(acceptedAt: readonly number[]) {
  let now = 0
  const scene = await createWaitingScene(1, { ...systemClock, now: () => now })
  for (const [index, at] of acceptedAt.entries()) {
    now = at
    await park({ agent: 'A', session: `s${index + 1}`, run: 'r' })
  }
  async function park(key: RunKey, owner?: string) {
    await scene.log.create(key, request('Pay', owner))
    await scene.log.append(key, 1, [started(1), calls(0, 'c1'), asks('r~1', 'c1'), parked])
  }
  const list = async (query = '', owner?: string) => {
    const { body, reads } = await scene.call(handleApprovals, { query, ...(owner && { owner }) })
    const sessions = body.approvals.map(({ sessionId }: { sessionId: string }) => sessionId)
    return { sessions, next: body.next_after, reads }
  }
  return { ...scene, park, list }
}

test('a page ends between two times, and the next one begins there', async () => {
  const { list } = await createScene([10, 20, 20, 30, 40])
  expect(await list()).toMatchObject({ sessions: ['s', 's1', 's2', 's3', 's4', 's5'], next: undefined })
  expect(await list('?limit=3')).toMatchObject({ sessions: ['s', 's1'], next: 20 })
  expect(await list('?limit=1&after=20')).toMatchObject({ sessions: ['s2', 's3'], next: 30 })
  expect(await list('?limit=2&after=30')).toMatchObject({ sessions: ['s4', 's5'], next: undefined })
  expect(await list('?after=41')).toMatchObject({ sessions: [], next: undefined })
})

test('what has been decided, what goes on and what other apps do is not shown', async () => {
  const { list, log, sessions, park, key } = await createScene([10, 20])
  await park({ agent: 'Elsewhere', session: 's1', run: 'r' })
  await sessions.decide(key, { approvalId: 'r~1', decision: 'reject' })
  expect(await list()).toMatchObject({ sessions: ['s1', 's2'], next: undefined })
  await log.append({ ...key, session: 's1' }, 5, [completed('Done')])
  expect(await list()).toMatchObject({ sessions: ['s2'], next: undefined })
})

test('without a rule it is what waits in the own sessions, and in those of nobody', async () => {
  const { list, park } = await createScene([])
  await park({ agent: 'A', session: 'hers', run: 'r' }, 'ann')
  await park({ agent: 'A', session: 'his', run: 'r' }, 'bob')
  expect(await list('', 'ann')).toMatchObject({ sessions: ['s', 'hers'], reads: 2 })
  expect(await list()).toMatchObject({ sessions: ['s'] })
})

test('a run that cannot be read hides no other, unless it is the store that cannot', async () => {
  const { list, log } = await createScene([10])
  const read = log.read.bind(log)
  const fail = (code: 'unsupported_state' | 'store_unavailable', retryable: boolean) => {
    log.read = async (key, after) => {
      if (key.session === 's') throw new AgentError(code, 'No.', { retryable })
      return read(key, after)
    }
  }
  fail('unsupported_state', false)
  expect(await list()).toMatchObject({ sessions: ['s1'], next: undefined })
  fail('store_unavailable', true)
  await expect(list()).rejects.toMatchObject({ code: 'store_unavailable' })
})

test.each(['?limit=0', '?limit=1001', '?limit=x', '?after=-1', '?after=', '?before=1'])(
  'refuses %s',
  async (query) => {
    const { list } = await createScene([])
    await expect(list(query)).rejects.toMatchObject({ code: 'invalid_request' })
  },
)
