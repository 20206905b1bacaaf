import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
let scene: RunScene
beforeAll(async () => {
  scene = await RunScene.set(bed, { entry: 'test/fixtures/apps/e2e-programming/app.js' })
})
afterAll(() => bed.end())

/** What the model was told and shown in its last call. */
function lastRequest(): string {
  return JSON.stringify(scene.model.requests.at(-1)?.body.messages)
}

function countNotes(what: string): number {
  return readFileSync(join(scene.dataDir, 'effects.log'), 'utf8').split(`"what":"${what}"`).length - 1
}

test('tools know what the app finds out about a run; the model, the log and the state do not', async () => {
  const message = scene.book.add('Who am I?', callTools(call('who_am_i', {})))
  const { body } = await scene.api
    .as('ann')
    .run({ message, sessionId: 'values', metadata: { tenant: 'acme' } }, { 'idempotency-key': 'v1' })
  expect(body.response).toContain('ann of acme with 13 letters of token')
  expect(JSON.stringify(scene.model.requests)).not.toContain('secret of')
  const [runs, hub] = [scene.file(), scene.file('DurableAgents.taskhub.db')]
  for (const file of [runs, `${runs}-wal`, hub, `${hub}-wal`])
    expect(readFileSync(file).includes('secret of'), file).toBe(false)
})

test('a run that was killed goes on with what its providers gave, and its state is kept in the session', async () => {
  const message = scene.book.add('Scan it', callTools(call('scan', {})))
  const run = scene.api.run({ message, sessionId: 'killed' }, { 'idempotency-key': 'k1' })
  const cutOff = expect(run).rejects.toThrow()
  const before = await waitFor(() => (countNotes('scan') > 0 ? countNotes('beforeRun') : undefined))
  await scene.restart(() => scene.openGate('scan'))
  await cutOff
  const outcome = await scene.api.waitForOutcome('killed', 'k1')
  expect(outcome).toMatchObject({ status: 'success', response: expect.stringContaining('scanned true') })
  expect(countNotes('beforeRun')).toBe(before)
  expect(lastRequest()).toContain('This is run 1.')
  await scene.api.run({ message: 'And now?', sessionId: 'killed' })
  expect(lastRequest()).toContain('This is run 2.')
})

test('followers hear of progress, and that providers gave something, but not what', async () => {
  const events = await (await scene.api.events('killed', 'k1')).end()
  const dataOf = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data)
  expect(dataOf('tool.progress')).toContainEqual({
    callId: expect.any(String),
    name: 'scan',
    progress: { percent: 50 },
  })
  expect([...dataOf('run.prepared'), ...dataOf('state.changed')]).toEqual([{}, {}])
  expect(JSON.stringify(events)).not.toContain('This is run')
})

test('what was remembered in one run is shown in a later one', async () => {
  await scene.api.run({ message: 'Remember that tea is best green', sessionId: 'memory' })
  await scene.api.run({ message: 'Which tea is best?', sessionId: 'memory' })
  expect(lastRequest()).toMatch(/Notes from earlier conversations.*Remember that tea is best green/)
})

test('middleware answers in place of the model, and has the last word', async () => {
  const asked = scene.model.requests.length
  const banned = await scene.api.run({ message: 'Hi', sessionId: 'gate', metadata: { tenant: 'banned' } })
  expect(banned.body).toMatchObject({ response: 'Go away.', usage: { total_tokens: 0 } })
  expect(scene.model.requests).toHaveLength(asked)
  const message = scene.book.add('Curse', { text: 'I swear.' })
  expect((await scene.api.run({ message, sessionId: 'gate' })).body.response).toBe('I ***.')
  const { body } = await scene.api.state('gate')
  expect(body.conversation_history.map(({ content }) => content)).toEqual([
    'Hi',
    'Go away.',
    'Curse',
    'I ***.',
  ])
})

test('an agent that is asked knows the conversation and the invocation values', async () => {
  const message = scene.book.add('Ask the expert', callTools(call('Expert', { query: 'Who is it?' })))
  scene.book.add('Who is it?', callTools(call('who_am_i', {})))
  const { body } = await scene.api
    .as('bob')
    .run({ message, sessionId: 'expert', metadata: { tenant: 'globex' } }, { 'idempotency-key': 'x1' })
  expect(body.response).toContain('bob of globex')
  const asked = scene.model.requests.find(({ body: { messages } }) => {
    const last = messages.at(-1)
    return last?.role === 'user' && JSON.stringify(last.content).includes('Who is it?')
  })
  expect(JSON.stringify(asked?.body.messages)).toContain('Ask the expert')
})

test('an answer that does not fit its schema is mended', async () => {
  const message = scene.book.add('Price?', { text: 'Five.' })
  scene.book.addRule(
    'That answer does not fit the JSON schema that was asked for: it is not JSON. Answer again, with nothing but JSON that fits.',
    () => ({ text: '{"price":5}' }),
  )
  const responseSchema = { type: 'object', properties: { price: { type: 'number' } }, required: ['price'] }
  const { body } = await scene.api.run({ message, sessionId: 'schema', responseSchema })
  expect(body).toMatchObject({ response: '{"price":5}', value: { price: 5 } })
  const { body: state } = await scene.api.state('schema')
  expect(state.conversation_history.map(({ content }) => content)).toEqual(['Price?', '{"price":5}'])
})
