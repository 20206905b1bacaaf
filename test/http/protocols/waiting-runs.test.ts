import { expect, test } from 'vitest'
import { refuseToWait } from '../../../src/http/protocols/waiting-runs.js'
import { createWaitingScene } from '../waiting-scene.js'

test('a message is refused until all that an earlier run asks is answered, also before that run has heard of it', async () => {
  const { sessions, log, key } = await createWaitingScene(2)
  const wait = () => refuseToWait({ sessions, log, owner: undefined }, { ...key, run: 'next' })
  await expect(wait()).rejects.toMatchObject({ code: 'session_busy' })
  await sessions.decide(key, { approvalId: 'r~1', decision: 'approve' })
  await expect(wait()).rejects.toMatchObject({ code: 'session_busy' })
  await sessions.decide(key, { approvalId: 'r~2', decision: 'reject' })
  await wait()
})
