import { afterAll, beforeAll, expect, test } from 'vitest'
import { AgentsClient } from '../../src/client/index.js'
import type { AgentApi } from '../support/api.js'
import { runChat } from '../support/run-chat.js'
import { type RunningApp, TestBed } from '../support/start-app.js'
import { WorkflowApi } from '../support/workflow-api.js'

const bed = new TestBed()
afterAll(() => bed.end())

let app: RunningApp
let alice: AgentApi
let supervisor: AgentApi

beforeAll(async () => {
  app = await bed.startApp({ entry: 'test/fixtures/apps/e2e-supervised/app.js' })
  alice = app.api.as('alice')
  supervisor = app.api.as('supervisor')
})

const approve = { decision: 'approve' } as const
const reject = { decision: 'reject' } as const

/** Alice asks for a tool's call in a session of her own; gives the approval that it waits for. */
async function ask(sessionId: string, message: string): Promise<string> {
  const { body } = await alice.run({ message, sessionId, correlationId: 'r' })
  return body.approvals?.[0]?.approvalId ?? ''
}

test('a supervisor decides about a session that is not there for anybody else', async () => {
  const id = await ask('refunded', 'refund 7')
  const own = await alice.decide('refunded', id, approve)
  expect([own.status, own.body]).toMatchObject([403, { code: 'forbidden' }])
  const decided = await supervisor.decide('refunded', id, approve)
  expect([decided.status, decided.body]).toEqual([
    202,
    { status: 'running', sessionId: 'refunded', correlationId: 'r' },
  ])
  expect(await alice.waitForOutcome('refunded', 'r')).toMatchObject({ response: 'refund of 7' })
  const again = await supervisor.decide('refunded', id, approve)
  expect([again.status, again.body]).toMatchObject([409, { code: 'approval_already_decided' }])
  const events = await alice.call('/agents/Assistant/refunded/runs/r/events')
  expect(events.text).toContain('"decision":"approve","by":"supervisor"')
  for (const { status } of [await supervisor.state('refunded'), await supervisor.outcome('refunded', 'r')])
    expect(status).toBe(404)
})

test('whoever chats may leave it to others: a pipe is told how, unless they have decided meanwhile', async () => {
  const nobody = app.api
  const args = ['Assistant', '--url', `${app.url}/api`, '--session']
  const open = runChat([...args, 'chat-open'])
  for (const line of ['refund 7', 'y', 'note 8']) open.type(line)
  expect(await open.end()).toBe(3)
  expect(open.output.stderr).toContain("somebody else's to decide")
  expect(open.output.stderr).toContain('by HTTP')
  const decided = runChat([...args, 'chat-decided'])
  decided.type('refund 7')
  await decided.waitFor('asks for approval', 'stderr')
  const { body } = await nobody.state('chat-decided')
  await supervisor.decide('chat-decided', body.approvals?.[0]?.approvalId ?? '', approve)
  decided.type('y')
  await decided.waitFor('refund of 7')
  expect(await decided.end()).toBe(0)
})

test('the client leaves to others what is theirs to decide', async () => {
  const client = new AgentsClient({ url: `${app.url}/api`, headers: { 'x-user': 'alice' } })
  const session = client.session('Assistant', 'client')
  const onApproval = () => approve
  const waiting = await session.run('refund 7', { onApproval })
  expect([waiting.status, waiting.approvals.map(({ name }) => name)]).toEqual(['waiting', ['refund']])
  const decided = session.resume(waiting.responseId, {
    async onApproval({ approvalId }) {
      await supervisor.decide('client', approvalId, approve)
      return approve
    },
  })
  expect((await decided).text).toBe('refund of 7')
  expect((await session.run('note 8', { onApproval })).text).toBe('note of 8')
})

interface Listed {
  readonly sessionId: string
  readonly requestedAt: string
}

test('everybody is shown what they may decide', async () => {
  const list = async (user: AgentApi) => {
    const { status, body } = await user.call<{ approvals: Listed[] }>('/approvals')
    expect(status).toBe(200)
    return body.approvals.filter(({ sessionId }) => sessionId.startsWith('listed'))
  }
  const asked = Date.now()
  const ids = [
    await ask('listed-1', 'refund 7'),
    await ask('listed-2', 'note 8'),
    await ask('listed-3', 'refund 13'),
  ]
  const refund = {
    agent: 'Assistant',
    sessionId: 'listed-1',
    correlationId: 'r',
    approvalId: ids[0],
    callId: expect.any(String),
    name: 'refund',
    arguments: { order: 7 },
    reason: 'policy',
    requestedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  }
  expect(await list(supervisor)).toEqual([{ ...refund, decisions: ['approve', 'reject'] }])
  const [own, note, ...others] = await list(alice)
  expect([own, others]).toEqual([{ ...refund, decisions: ['reject'] }, []])
  expect(note).toMatchObject({ sessionId: 'listed-2', name: 'note', decisions: ['approve', 'reject'] })
  expect(Date.parse(own?.requestedAt ?? '')).toBeGreaterThanOrEqual(asked)
  for (const stranger of [app.api.as('mallory'), app.api]) expect(await list(stranger)).toEqual([])
  await supervisor.decide('listed-1', ids[0] ?? '', approve)
  expect(await list(supervisor)).toEqual([])
})

test('the rule knows what is decided', async () => {
  const id = await ask('rejected', 'refund 8')
  expect((await alice.decide('rejected', id, reject)).status).toBe(202)
  expect(await alice.waitForOutcome('rejected', 'r')).toMatchObject({
    response: 'A human rejected this call.',
  })
})

test('whom the rule names by the session decides as ever', async () => {
  const id = await ask('noted', 'note 9')
  expect((await supervisor.decide('noted', id, approve)).status).toBe(404)
  expect((await alice.decide('noted', id, approve)).status).toBe(202)
  expect(await alice.waitForOutcome('noted', 'r')).toMatchObject({ response: 'note of 9' })
})

test('who may not decide is answered as if there were no such session', async () => {
  const id = await ask('hers', 'note 10')
  const toText = (text: string) => text.replaceAll('hers', 'missing')
  for (const stranger of [supervisor, app.api.as('mallory'), app.api]) {
    const [found, unknown, missing] = await Promise.all([
      stranger.decide('hers', id, approve),
      stranger.decide('hers', 'r~no-such-approval', approve),
      stranger.decide('missing', id, approve),
    ])
    expect([found, unknown, missing].map(({ status }) => status)).toEqual([404, 404, 404])
    expect([toText(found.text), toText(unknown.text)]).toEqual([missing.text, missing.text])
  }
})

test('where two have to agree, each is another one, and to the same arguments', async () => {
  const first = await ask('two', 'transfer 5')
  expect((await app.api.decide('two', first, approve)).body.detail).toContain('2 people who have signed in')
  expect((await alice.decide('two', first, approve)).status).toBe(202)
  const next = async (before: string) => {
    const open = async () => (await alice.state('two')).body.approvals?.[0]
    await expect.poll(async () => (await open())?.approvalId ?? before).not.toBe(before)
    return open()
  }
  const second = await next(first)
  expect(second).toMatchObject({ arguments: { order: 5 }, approvers: 2, approvedBy: ['alice'] })
  const id = second?.approvalId ?? ''
  expect(await alice.decide('two', id, approve)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  const listed = await alice.call<{ approvals: { decisions: string[]; approvalId: string }[] }>('/approvals')
  expect(listed.body.approvals.find(({ approvalId }) => approvalId === id)?.decisions).toEqual(['reject'])
  const edited = { ...approve, arguments: { order: 6 } }
  expect((await supervisor.decide('two', id, edited)).status, 'the first to agree to other arguments').toBe(
    202,
  )
  const third = await next(id)
  expect(third).toMatchObject({ arguments: { order: 6 }, approvedBy: ['supervisor'] })
  expect((await supervisor.decide('two', third?.approvalId ?? '', approve)).status).toBe(403)
  expect((await alice.decide('two', third?.approvalId ?? '', approve)).status).toBe(202)
  expect(await alice.waitForOutcome('two', 'r')).toMatchObject({ response: 'transfer of 6' })
})

test('where two have to agree, one rejection is enough', async () => {
  const first = await ask('not-two', 'transfer 7')
  await alice.decide('not-two', first, approve)
  const open = async () => (await alice.state('not-two')).body.approvals?.[0]
  await expect.poll(async () => (await open())?.approvalId ?? first).not.toBe(first)
  expect((await alice.decide('not-two', (await open())?.approvalId ?? '', reject)).status).toBe(202)
  expect(await alice.waitForOutcome('not-two', 'r')).toMatchObject({
    response: 'A human rejected this call.',
  })
})

test('nothing but true is a yes', async () => {
  const id = await ask('unlucky', 'refund 13')
  const answers = [
    await alice.decide('unlucky', id, approve),
    await supervisor.decide('unlucky', id, approve),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 404])
})

test("the rule is asked about the arguments that somebody gives in place of the model's", async () => {
  const refund = await ask('edited', 'refund 7')
  const edited = { ...approve, arguments: { order: 13 } }
  expect((await supervisor.decide('edited', refund, edited)).status).toBe(404)
  expect((await supervisor.decide('edited', refund, approve)).status).toBe(202)
  expect(await alice.waitForOutcome('edited', 'r')).toMatchObject({ response: 'refund of 7' })
})

test('and so it is by A2A', async () => {
  const approvalId = await ask('edited-note', 'note 9')
  const taskId = `${Buffer.from('edited-note').toString('base64url')}.r`
  const decide = async (messageId: string, order: number) => {
    const parts = [{ data: { approvalId, approved: true, arguments: { order } } }]
    const params = { message: { messageId, role: 'ROLE_USER', taskId, parts } }
    const { text } = await alice.call('/a2a/Assistant', {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params }),
      headers: { 'content-type': 'application/json' },
    })
    return JSON.parse(text)
  }
  expect((await decide('m1', 13)).error?.message).toContain("somebody else's to decide")
  expect(await decide('m2', 10)).toHaveProperty('result')
  expect(await alice.waitForOutcome('edited-note', 'r')).toMatchObject({ response: 'note of 10' })
})

test('the rule holds in other dialects too', async () => {
  const ask = (body: object) =>
    alice.call('/compatible-mode/v1/responses', {
      method: 'POST',
      body: JSON.stringify({ model: 'Assistant', ...body }),
      headers: { 'content-type': 'application/json' },
    })
  const asked = JSON.parse((await ask({ input: 'refund 11' })).text)
  const question = asked.output.find(({ type }: { type: string }) => type === 'mcp_approval_request')
  const answer = (isApproved: boolean) =>
    ask({
      previous_response_id: asked.id,
      input: [{ type: 'mcp_approval_response', approval_request_id: question.id, approve: isApproved }],
    })
  const refused = await answer(true)
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([403, { error: { code: 'forbidden' } }])
  expect((await answer(false)).status).toBe(200)
})

/** Alice hands in an expense; gives the id of the question about it. */
async function handIn(runId: string, amount: number): Promise<string> {
  const expenses = new WorkflowApi(app.url, 'Expense').as('alice')
  await expenses.run(amount, `?runId=${runId}`)
  const [question] = await expenses.waitForQuestions(runId)
  return question?.requestId ?? ''
}

test('questions of workflows have such a rule as well', async () => {
  const expenses = new WorkflowApi(app.url, 'Expense')
  const [own, chief] = [expenses.as('alice'), expenses.as('supervisor')]
  const id = await handIn('paid', 100)
  const refused = await own.respond('paid', id, { approved: true })
  expect([refused.status, refused.body]).toMatchObject([403, { code: 'forbidden' }])
  expect((await chief.respond('paid', id, { approved: 'maybe' })).status).toBe(400)
  expect((await chief.respond('paid', id, { approved: true })).status).toBe(200)
  expect(await own.waitForEnd('paid')).toMatchObject({ output: { answer: { approved: true } } })
  expect((await chief.status('paid')).status).toBe(404)

  await handIn('named', 100)
  const byName = (response: object) => ({ eventName: 'review', response })
  expect((await own.respondByName('named', byName({ approved: true }))).status).toBe(403)
  expect((await own.respondByName('named', byName({ approved: false }))).status).toBe(202)
  expect(await own.waitForEnd('named')).toMatchObject({ output: { answer: { approved: false } } })
})

test('questions of workflows are listed to whoever may answer them', async () => {
  const as = (user: string) => new AgentsClient({ url: `${app.url}/api`, headers: { 'x-user': user } })
  const list = async (user: string) => (await as(user).listQuestions()).questions
  const requestId = await handIn('listed', 100)
  await handIn('out of reach', 1001)
  const line = { workflow: 'Expense', instanceId: 'listed', requestId, requestData: 100 }
  for (const user of ['alice', 'supervisor']) expect(await list(user)).toMatchObject([line])
  expect(await list('mallory')).toEqual([])
  await as('supervisor').answer(line, { approved: true })
  await new WorkflowApi(app.url, 'Expense').as('alice').waitForEnd('listed')
  expect(await list('alice')).toEqual([])
  await expect(as('alice').answer(line, { approved: true })).rejects.toMatchObject({ code: 'request_closed' })
})

test('who may not answer is told of no run', async () => {
  const id = await handIn('dear', 1001)
  const toText = (text: string) => text.replaceAll('dear', 'missing')
  for (const user of ['supervisor', 'mallory']) {
    const stranger = new WorkflowApi(app.url, 'Expense').as(user)
    const answers = [
      await stranger.respond('dear', id, { approved: true }),
      await stranger.respond('dear', 'no-such-request', { approved: true }),
      await stranger.respondByName('dear', { eventName: 'review', response: { approved: true } }),
      await stranger.respondByName('dear', { eventName: 'nothing', response: {} }),
    ]
    const missing = await stranger.respond('missing', id, { approved: true })
    for (const { status, text } of answers) expect([status, toText(text)]).toEqual([404, missing.text])
  }
})
