import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

const openMap = {
  name: 'open_map',
  description: 'Shows a place on the map of the page.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
}

beforeAll(async () => {
  scene = await RunScene.set(bed, { hosts: 2 })
  scene.book.add('Show me Oslo', callTools(call('open_map', { place: 'Oslo' })))
  scene.book.add(
    'Show me both',
    callTools(call('open_map', { place: 'Oslo' }), call('open_map', { place: 'Bergen' })),
  )
  scene.book.add('Show me nothing', callTools(call('open_map', { where: 'Oslo' })))
})

/** Sends a message with the caller's tool; gives the calls that wait for it. */
async function ask(session: string, message = 'Show me Oslo') {
  const { status, body } = await scene.api.run({
    message,
    sessionId: session,
    correlationId: 'r',
    tools: [openMap],
  })
  expect([status, body.status]).toEqual([202, 'waiting'])
  return body.toolCalls ?? []
}

function waitForAnswer(session: string) {
  return waitFor(async () => {
    const { status, body } = await scene.api.outcome(session, 'r')
    return status === 200 ? body : undefined
  })
}

test('the model is told of the tools beside those of the agent', async () => {
  await ask('told')
  const { tools = [] } = scene.model.requests.at(-1)?.body ?? {}
  expect(tools.length).toBeGreaterThan(1)
  expect(tools.at(-1)).toMatchObject({
    function: { name: 'open_map', description: openMap.description, parameters: openMap.parameters },
  })
})

describe('a run that waits for its caller', () => {
  const session = 'shown'

  test('says which calls, in the answer, the outcome, the state and the events', async () => {
    const [open, ...others] = await ask(session)
    expect(others).toEqual([])
    expect(open).toEqual({ callId: expect.any(String), name: 'open_map', arguments: { place: 'Oslo' } })
    const outcome = await scene.api.outcome(session, 'r')
    expect([outcome.status, outcome.body]).toMatchObject([202, { status: 'waiting', toolCalls: [open] }])
    const { body: state } = await scene.api.state(session)
    expect(state).toMatchObject({ status: 'waiting', run: { correlationId: 'r' }, toolCalls: [open] })
  })

  test('goes on with what the caller reports, also after a crash, through another process', async () => {
    const [open] = (await scene.api.outcome(session, 'r')).body.toolCalls ?? []
    await scene.restart()
    const asked = scene.model.requests.length
    const { status, body } = await scene.api.report(session, 'r', [
      { callId: open?.callId, result: { shown: true } },
    ])
    expect([status, body.toolCalls]).toEqual([202, undefined])
    const answer = await waitForAnswer(session)
    expect(answer.response).toBe('Tools: {"shown":true}')
    expect(scene.model.requests.length).toBe(asked + 1)
  })

  test('takes the same report again, and refuses another one', async () => {
    const { body: state } = await scene.api.state(session)
    const [made] = state.conversation_history.at(-1)?.agent_response?.tool_calls ?? []
    expect(made).toMatchObject({ name: 'open_map', result: { shown: true } })
    const again = await scene.api.report(session, 'r', [{ callId: made?.id, result: { shown: true } }])
    expect([again.status, again.body.response]).toEqual([200, 'Tools: {"shown":true}'])
    const other = await scene.api.report(session, 'r', [{ callId: made?.id, error: 'No map.' }])
    expect([other.status, other.body]).toMatchObject([409, { code: 'result_already_reported' }])
  })
})

test('a failure is told to the model, and several calls are reported one by one', async () => {
  const [oslo, bergen] = await ask('several', 'Show me both')
  await scene.api.report('several', 'r', [{ callId: oslo?.callId, error: 'The map is closed.' }])
  const { body } = await scene.api.outcome('several', 'r')
  expect([body.status, body.toolCalls]).toEqual(['waiting', [bergen]])
  await scene.api.report('several', 'r', [{ callId: bergen?.callId, result: null }])
  expect((await waitForAnswer('several')).response).toBe('Tools: Error: The map is closed. | null')
})

test('arguments that do not fit the schema never reach the caller', async () => {
  const { status, body } = await scene.api.run({ message: 'Show me nothing', tools: [openMap] })
  expect(status).toBe(200)
  expect(body.response).toContain('The arguments are not valid.')
})

test('a run that waits for its caller can be cancelled', async () => {
  const [open] = await ask('stopped')
  await scene.api.cancel('stopped', 'r')
  expect((await waitForAnswer('stopped')).status).toBe('cancelled')
  const late = await scene.api.report('stopped', 'r', [{ callId: open?.callId, result: 1 }])
  expect([late.status, late.body.code]).toEqual([409, 'result_already_reported'])
})

test.each([
  ['tools', { tools: {} }],
  ['tools.0.name', { tools: [{ name: 'open map' }] }],
  ['tools.0.name', { tools: [{ name: 'refund' }] }],
  ['tools.1.name', { tools: [openMap, openMap] }],
  ['tools.0.execute', { tools: [{ ...openMap, execute: 'rm' }] }],
  ['tools.0.parameters.type', { tools: [{ ...openMap, parameters: { type: 'string' } }] }],
  [
    'tools.0.parameters.properties',
    { tools: [{ ...openMap, parameters: { type: 'object', properties: 1 } }] },
  ],
  ['tools', { tools: [openMap], onBusy: 'steer' }],
])('tools that cannot be used are refused by name: %s', async (path, fields) => {
  const { status, body } = await scene.api.run({ message: 'Hello', sessionId: 'refused', ...fields })
  expect([status, body.issues]).toMatchObject([
    400,
    expect.arrayContaining([expect.objectContaining({ path })]),
  ])
  expect((await scene.api.state('refused')).status).toBe(404)
})

test.each([
  [400, 'results', undefined],
  [400, 'results', []],
  [400, 'results.0.callId', [{ result: 1 }]],
  [400, 'results.0', [{ callId: 'x' }]],
  [400, 'results.0', [{ callId: 'x', result: 1, error: 'y' }]],
  [404, 'results.0.callId', [{ callId: 'x', result: 1 }]],
])('reports that cannot be taken are refused by name: %i %s', async (status, path, results) => {
  await ask('reports')
  const refused = await scene.api.report('reports', 'r', results)
  expect([refused.status, refused.body.issues]).toMatchObject([status, [{ path }]])
  expect((await scene.api.outcome('reports', 'r')).body.status).toBe('waiting')
})

test('results of the tools of the agent are not the caller to report', async () => {
  scene.book.add('Refund order 8', callTools(call('refund', { order: 8, amount: 250 })))
  const { body } = await scene.api.run({ message: 'Refund order 8', sessionId: 'forged', correlationId: 'r' })
  const callId = body.approvals?.[0]?.callId
  const forged = await scene.api.report('forged', 'r', [{ callId, result: 'refunded' }])
  expect(forged.status).toBe(404)
  expect((await scene.api.outcome('forged', 'r')).body.approvals).toHaveLength(1)
})
