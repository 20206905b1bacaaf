import type { DurableClient } from 'durable-functions'
import { expect, test } from 'vitest'
import { answerBeforeMessage } from '../../../src/http/protocols/answer-before-message.js'
import type { Call } from '../../../src/http/route.js'
import { MemoryRunLog } from '../../../src/log/memory-run-log.js'
import { SessionClient } from '../../../src/session/client/session-client.js'
import { acceptedWithTool, calls, parkedForTool, started, waits } from '../../run/event-samples.js'

const key = { agent: 'A', session: 's', run: 'r' }
const result = { path: 'messages.1', callId: 'c1', outcome: { result: 'shown' } }

/** The run `r`, which waits for what comes of `c1`. */
async function setScene() {
  const log = new MemoryRunLog()
  const accepted = acceptedWithTool('Show')
  if (accepted.type !== 'run.accepted') throw new Error('It is no request.')
  await log.create(key, accepted.data)
  await log.append(key, 1, [started(1), calls(0, 'c1'), waits('c1'), parkedForTool])
  const sessions = new SessionClient({ signalEntity: async () => {} } as unknown as DurableClient, log)
  const call = { log, sessions } as unknown as Call
  const answer = () => answerBeforeMessage(call, key, { decisions: [], results: [result] })
  const filed = async () => (await log.controls(key)).map(({ type }) => type)
  return { sessions, answer, filed }
}

test('a run that waits for nothing else ends with the results that come with a message, once', async () => {
  const { answer, filed } = await setScene()
  expect([await answer(), await answer()]).toEqual([true, true])
  expect(await filed()).toEqual(['toolResult', 'cancel'])
})

test('a run that was given its results before goes on with them, also when it has not heard of them yet', async () => {
  const { sessions, answer, filed } = await setScene()
  await sessions.report(key, [{ callId: 'c1', result: 'shown' }])
  expect(await answer()).toBe(true)
  expect(await filed()).toEqual(['toolResult'])
})
