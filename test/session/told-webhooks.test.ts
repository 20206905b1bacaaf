import { expect, test } from 'vitest'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { StoredEvent } from '../../src/run/events.js'
import { fold } from '../../src/run/fold.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { ask, callWork, createSession, createSleepingClock, createTool, key } from './session-kit.js'

const webhook = 'https://hooks.example.com/runs'

function toldOf({ entity }: ReturnType<typeof createSession>): readonly unknown[] {
  expect([...entity.started.values()].every(({ name }) => name === 'dafx-webhook')).toBe(true)
  return [...entity.started.values()].map(({ input }) => input)
}

function createCall(events: readonly StoredEvent[], to: 'app' | 'caller', correlationId = 'a') {
  const run = { agent: 'Agent', session: 's', correlationId, acceptedAt: events[0]?.at }
  return { ...run, position: events.length - 1, to }
}

test("the app's webhook is told of every run, a caller's of its own; neither is told twice", async () => {
  const session = createSession([{ text: 'One' }, { text: 'Two' }], { webhooks: 'all' })
  const { entity, log } = session
  await ask(log, 'a')
  await ask(log, 'b', 'b', { webhook })
  const { state } = entity
  await entity.operate('run', { correlationId: 'b' })
  const [first, second] = [await log.read({ ...key, run: 'a' }), await log.read({ ...key, run: 'b' })]
  const told = [createCall(first, 'app'), createCall(second, 'app', 'b'), createCall(second, 'caller', 'b')]
  expect(toldOf(session)).toEqual(told)
  // The operation whose result was lost.
  entity.state = state
  await entity.operate('run', { correlationId: 'b' })
  expect(toldOf(session)).toEqual(told)
})

test('without a webhook of the app only callers are told who have asked for it', async () => {
  const session = createSession([{ text: 'One' }, { text: 'Two' }], { webhooks: 'named' })
  await ask(session.log, 'a')
  await ask(session.log, 'b', 'b', { webhook })
  await session.entity.operate('run', { correlationId: 'b' })
  expect(toldOf(session)).toMatchObject([{ correlationId: 'b', to: 'caller' }])
})

test('webhooks that somebody wishes to have told of a run are told, each once, until that is wished no more', async () => {
  const session = createSession([{ text: 'One' }, { text: 'Two' }], { webhooks: 'named' })
  const { log, entity } = session
  const told = { url: webhook, form: 'a2a-1.0' } as const
  await ask(log, 'a')
  await ask(log, 'b')
  const wish = (id: string, wished: string, given?: typeof told) =>
    log.control({ ...key, run: 'a' }, { type: 'webhook', id, wish: wished, webhook: given })
  await wish('one', '1', told)
  await wish('two', '2', told)
  await wish('one', '3', told)
  await wish('two', '4')
  await wish('three', '5', told)
  await entity.operate('run', { correlationId: 'b' })
  expect(toldOf(session)).toMatchObject([
    { correlationId: 'a', to: { wish: '3' } },
    { correlationId: 'a', to: { wish: '5' } },
  ])
})

test('where nobody may be told, a request that names a webhook tells nobody', async () => {
  const session = createSession([{ text: 'One' }])
  await ask(session.log, 'a', 'a', { webhook })
  await session.entity.operate('run', { correlationId: 'a' })
  expect(toldOf(session)).toEqual([])
})

test('of a run that goes on in another operation nobody is told before it ends', async () => {
  const limits = { parkAfterMs: -1, hardEndMs: 60_000 }
  const session = createSession([{ text: 'One' }], { webhooks: 'all', limits })
  await ask(session.log, 'a')
  await session.entity.operate('run', { correlationId: 'a' })
  expect(session.entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  expect(toldOf(session)).toEqual([])
})

test('a run that waits for a human is told of once for each time that it waits', async () => {
  const { made } = createTool({ approval: 'always' })
  const session = createSession([callWork(1), callWork(2), { text: 'Done' }], {
    tools: [made],
    webhooks: 'all',
  })
  const { entity, log } = session
  const read = () => log.read({ ...key, run: 'a' })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const first = createCall(await read(), 'app')
  await entity.operate('continue', { correlationId: 'a' })
  expect(toldOf(session)).toEqual([first])
  const decide = async () => {
    const [{ approvalId } = { approvalId: '' }] = toOpenApprovals(fold(await read()))
    await log.control({ ...key, run: 'a' }, { type: 'decision', approvalId, decision: 'approve' })
    await entity.operate('decide', { correlationId: 'a' })
  }
  await decide()
  const second = createCall(await read(), 'app')
  await decide()
  expect(toldOf(session)).toEqual([first, second, createCall(await read(), 'app')])
})

test('a message that joined another run is told of as well', async () => {
  const session = createSession([callWork(1), { text: 'Both' }], {
    tools: [createTool().made],
    webhooks: 'all',
  })
  const { entity, log } = session
  await ask(log, 'a')
  await ask(log, 'b', 'b', { onBusy: 'steer' })
  await log.control(
    { ...key, run: 'a' },
    { type: 'steer', run: 'b', messages: [createTextMessage('user', 'b')] },
  )
  await entity.operate('run', { correlationId: 'b' })
  expect(
    toldOf(session)
      .map((call) => (call as { readonly correlationId: string }).correlationId)
      .toSorted(),
  ).toEqual(['a', 'b'])
})

test.each([
  ['has ended', [{ text: 'Done' }]],
  ['waits', [callWork(1)]],
])('what cannot be told now of a run that %s is told by a later operation', async (_how, script) => {
  const { made } = createTool({ approval: 'always' })
  const session = createSession(script, { tools: [made], webhooks: 'all' })
  const { entity, log } = session
  entity.refusedStarts.push(new Error('The task hub is away.'))
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(toldOf(session)).toEqual([])
  expect(entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  await entity.operate('continue', { correlationId: 'a' })
  expect(toldOf(session)).toMatchObject([{ correlationId: 'a' }])
})

test('nor is it lost that a run has failed before it had a turn', async () => {
  const session = createSession([{ text: 'One' }], { webhooks: 'all' })
  const { entity, log } = session
  entity.refusedStarts.push(new Error('The task hub is away.'))
  await ask(log, 'a', 'a', { replaces: 'gone' })
  for (const operation of ['run', 'continue', 'continue'])
    await entity.operate(operation, { correlationId: 'a' })
  expect((await log.read({ ...key, run: 'a' })).at(-1)?.type).toBe('run.failed')
  expect(toldOf(session)).toMatchObject([{ correlationId: 'a' }])
  await ask(log, 'b')
  for (const operation of ['run', 'run']) await entity.operate(operation, { correlationId: 'b' })
  expect(toldOf(session)).toHaveLength(2)
})

test('a later run of the same name is another one', async () => {
  const clock = createSleepingClock()
  const log = new MemoryRunLog({ clock })
  const session = createSession([{ text: 'One' }, { text: 'Two' }], { log, clock, webhooks: 'all' })
  for (const _time of [1, 2]) {
    await ask(log, 'a')
    await session.entity.operate('run', { correlationId: 'a' })
    await clock.sleep(1)
    await session.entity.operate('delete', { before: clock.now() })
  }
  expect(toldOf(session)).toHaveLength(2)
})
