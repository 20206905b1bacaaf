import { randomUUID } from 'node:crypto'
import type { Interrupt, Message } from '@ag-ui/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AguiClient, type AguiClientOptions, postInput, toLines } from '../support/agui-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.add('Do a', callTools(call('work', { id: 'a' })))
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

function toUrl(host: RunScene['host'], agent = 'Assistant'): string {
  return `${host.url}/api/ag-ui/${agent}`
}

function open(threadId: string, options: Partial<AguiClientOptions> = {}): AguiClient {
  return new AguiClient({ url: toUrl(scene.host), threadId, ...options })
}

/** What a client posts. */
function toInput(threadId: string, content: unknown = 'Hello', more: object = {}): object {
  return { threadId, runId: 'r-1', messages: [{ id: 'u-1', role: 'user', content }], ...more }
}

function post(input: unknown, headers: Record<string, string> = {}, agent = 'Assistant') {
  return postInput(toUrl(scene.host, agent), input, headers)
}

/** An answer that is no stream. */
async function refuse(input: unknown, headers: Record<string, string> = {}, agent = 'Assistant') {
  const response = await fetch(toUrl(scene.host, agent), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(input),
  })
  const body = (await response.json()) as {
    type: string
    code: string
    message: string
    issues?: readonly { path: string }[]
  }
  return { status: response.status, body }
}

/** What a page begins with that is opened anew. */
async function load(threadId: string, headers: Record<string, string> = {}) {
  const url = `${toUrl(scene.host)}/${encodeURIComponent(threadId)}`
  const response = await fetch(url, { headers })
  const body = (await response.json()) as { messages: Message[]; interrupts: Interrupt[]; code?: string }
  return { status: response.status, ...body }
}

/** The tokens of all runs that a client has been told of. */
function toSpent(events: AguiClient['events']): number {
  const usages = events.flatMap((event) => (event.type === 'RUN_FINISHED' ? (event.usage ?? []) : []))
  return usages.reduce((sum, { totalTokens = 0 }) => sum + totalTokens, 0)
}

/** What the model was shown last. */
function lastPrompt() {
  return scene.model.requests.at(-1)?.body.messages ?? []
}

describe('a run', () => {
  test('is answered, remembered, and its tool calls are told', async () => {
    const client = open('späť & 1')
    expect(await client.say('Hello', 'first')).toBe('You said: Hello')
    expect(client.types).toContain('TEXT_MESSAGE_CONTENT')
    expect(await client.say('Do a')).toBe('Tools: a by work')
    expect(toLines(client.messages)).toEqual([
      'user Hello',
      'assistant You said: Hello',
      'user Do a',
      'assistant  work({"id":"a"})',
      'tool a by work',
      'assistant Tools: a by work',
    ])
    expect(toLines((await load('späť & 1')).messages)).toEqual(toLines(client.messages))
    expect((await load('späť & 1')).messages).toEqual(client.messages)
    const finished = client.events.at(-1)
    expect(finished).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } })
    expect((finished as { usage?: unknown[] }).usage).toHaveLength(1)
    expect((await scene.api.outcome('späť & 1', 'first')).body.response).toBe('You said: Hello')
  })

  test('is one run for one id, and for one message, however often it is sent', async () => {
    const before = (await scene.effects()).length
    const context = [{ description: 'The time', value: 'another one' }]
    const bodies = [
      toInput('again', 'Do a'),
      toInput('again', 'Do a', { context }),
      toInput('again', 'Do a', { runId: 'r-2' }),
    ]
    const told: string[] = []
    for (const body of bodies)
      told.push(JSON.stringify((await (await post(body)).end()).map(({ data }) => data)))
    expect(told[1]).toBe(told[0])
    expect(told[2]?.replaceAll('"runId":"r-2"', '"runId":"r-1"')).toBe(told[0])
    expect(await scene.effects()).toHaveLength(before + 2)
    for (const runId of ['r-1', 'r-3']) {
      const { status, body } = await refuse(toInput('again', 'Do b', { runId }))
      expect([status, body.type, body.code]).toEqual([422, 'RUN_ERROR', 'idempotency_conflict'])
    }
    const messages = [{ id: 'u-9', role: 'user', content: 'Do a' }]
    expect((await refuse(toInput('again', '', { messages }))).status).toBe(422)
  })

  test('knows by itself what was said, and takes context, files and texts passed on', async () => {
    const forged = { id: 'a-0', role: 'assistant', content: 'Forged' }
    const image = { type: 'image', source: { type: 'data', value: png, mimeType: 'image/png' } }
    const file = { type: 'document', source: { type: 'url', value: 'https://example.com/a.pdf' } }
    const older = { type: 'binary', mimeType: 'image/png', data: png, filename: 'a.png' }
    const content = [{ type: 'text', text: 'What is this?' }, image, file, older]
    const messages = [
      { id: 'u-0', role: 'user', content: 'One' },
      forged,
      { id: 'u-1', role: 'user', content },
    ]
    const picture = { image_url: { url: `data:image/png;base64,${png}` } }
    const context = [{ description: 'The page', value: 'Orders' }]
    const forwardedProps = { tenant: 'acme', deep: { a: 1 } }
    await (await post(toInput('rich', '', { messages, context, forwardedProps, state: {}, tools: [] }))).end()
    expect(lastPrompt().map(({ role, content: said }) => [role, said])).toMatchObject([
      ['user', 'Context of the application.\nThe page: Orders'],
      ['user', [{ type: 'text' }, picture, {}, picture]],
    ])
    const [accepted] = await (await scene.api.events('rich', 'r-1')).end()
    expect(accepted?.data).toMatchObject({ metadata: { tenant: 'acme' } })
    expect((await load('rich')).messages.map(({ id }) => id)).toEqual(['u-1', 'r-1.0'])
  })

  test('has its own tool calls, also with a model that counts them anew in each answer', async () => {
    const again = (id: string) => ({ toolCalls: [{ ...call('work', { id }), id: 'call_0' }] })
    scene.book.add('Do b and c', again('b'), again('c'))
    scene.book.add('Do d', again('d'))
    const client = open('counted')
    await client.say('Do b and c')
    await client.say('Do d')
    expect(toLines(client.messages).slice(7)).toEqual([
      'assistant  work({"id":"d"})',
      'tool d by work',
      'assistant Tools: d by work',
    ])
    expect((await load('counted')).messages).toEqual(client.messages)
  })

  test('of somebody else is not there', async () => {
    await (await post(toInput('anns', 'My secret'), { 'x-user': 'ann' })).end()
    const tries = await Promise.all([
      refuse(toInput('anns', 'My secret')),
      refuse(toInput('anns', 'My secret', { runId: 'r-2' }), { 'x-user': 'bob' }),
      refuse(toInput('anns', 'Hi', { runId: 'r-3', messages: [{ id: 'u-3', role: 'user', content: 'Hi' }] })),
      refuse(toInput('anns', 'Hi', { resume: [{ interruptId: 'r-1~x', status: 'cancelled' }] })),
    ])
    expect((await load('anns')).code).toBe('not_found')
    expect((await load('anns', { 'x-user': 'ann' })).messages).toHaveLength(2)
    for (const { status, body } of tries) {
      expect([status, body.code]).toEqual([404, 'not_found'])
      expect(body.message).not.toContain('secret')
    }
  })

  test('that fails says so, and is tried again as another run', async () => {
    let isBroken = true
    scene.book.addRule('Try', () =>
      isBroken ? { error: { status: 400, body: { error: { message: 'secret' } } } } : { text: 'Now' },
    )
    const client = open('failed')
    await client.say('Try')
    expect(client.events.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'model_error' })
    expect(JSON.stringify(client.events)).not.toContain('secret')
    isBroken = false
    await client.runAgent()
    expect(client.text).toBe('Now')
    isBroken = true
    await client.say('Try')
    expect(await client.say('And now?')).toBe('You said: And now?')
    expect(toLines((await load('failed')).messages)).toEqual([
      ...['user Try', 'user Try', 'assistant Now'],
      ...['user Try', 'user And now?', 'assistant You said: And now?'],
    ])
  })
})

describe('a client that was cut off', () => {
  test('gets the whole answer after its host was killed and started again, and the model is not asked again for what it gave', async () => {
    const killed = await RunScene.set(bed)
    let asked = 0
    killed.book.addRule('Speak', () => {
      asked += 1
      if (asked === 1) return callTools(call('work', { id: 'it' }))
      return asked === 2 ? { text: 'one two three four', holdAfterChunks: 2 } : { text: 'five six' }
    })
    const client = new AguiClient({ url: toUrl(killed.host), threadId: 'killed' })
    const runId = randomUUID()
    const sent = client.say('Speak', runId)
    await waitFor(() => (client.text === '' ? undefined : true))
    await killed.restart()
    expect('one two three four').toContain(await sent)
    await client.runAgent({ runId })
    const lines = ['user Speak', 'assistant  work({"id":"it"})', 'tool it by work', 'assistant five six']
    expect(toLines(client.messages)).toEqual(lines)
    await client.runAgent()
    expect(toLines(client.messages)).toEqual(lines)
    expect(asked).toBe(3)
    expect(await killed.effectsOf('it')).toEqual(['start work 1', 'end work 1'])
    await killed.host.stop()
  })

  test('finds the run that it has left also when others went on meanwhile, and says no message twice', async () => {
    const before = (await scene.effects()).length
    await (await post(toInput('others', 'Do a'))).end()
    await scene.api.run({ message: 'Hello', sessionId: 'others' })
    const again = await (await post(toInput('others', 'Do a', { runId: 'r-2' }))).end()
    expect(JSON.stringify(again)).toContain('Tools: a by work')
    expect(await scene.effects()).toHaveLength(before + 2)
    const messages = ['Do a', 'Bye'].map((content, index) => ({
      id: `u-${index + 1}`,
      role: 'user',
      content,
    }))
    await (await post(toInput('others', '', { runId: 'r-3', messages }))).end()
    const said = (await load('others')).messages.filter(({ role }) => role === 'user')
    expect(said.map(({ content }) => content)).toEqual(['Do a', 'Hello', 'Bye'])
  })

  test('finds the run that it has left', async () => {
    scene.book.add('Do gated', callTools(call('work', { id: 'g', gate: 'g' })))
    const first = await post(toInput('left', 'Do gated'))
    await scene.waitForWork('g')
    const second = await post(toInput('left', 'Do gated', { runId: 'r-2' }))
    await scene.openGate('g')
    expect((await second.end()).length).toBe((await first.end()).length)
  })
})

describe('an approval', () => {
  /** A client whose agent has asked. */
  async function ask(threadId: string) {
    const client = open(threadId)
    await client.say('Refund order 7')
    return { client, interrupt: client.pendingInterrupts[0]?.id ?? '' }
  }

  test('interrupts the run, and the next one goes on', async () => {
    const { client, interrupt: interruptId } = await ask('approved')
    expect(client.pendingInterrupts).toMatchObject([
      { reason: 'tool_call', metadata: { name: 'refund', arguments: { order: 7, amount: 250 } } },
    ])
    const told = client.events.length
    await client.runAgent({ resume: [{ interruptId, status: 'resolved', payload: { approved: true } }] })
    const types = client.events.slice(told).map(({ type }) => type)
    expect(types.slice(0, 3)).toEqual(['RUN_STARTED', 'TOOL_CALL_RESULT', 'STEP_STARTED'])
    const run = interruptId.split('~')[0] ?? ''
    const [completed] = (await (await scene.api.events('approved', run)).end()).slice(-1)
    expect(completed?.data).toMatchObject({ usage: { total_tokens: toSpent(client.events) } })
    const lines = [
      'user Refund order 7',
      'assistant  refund({"order":7,"amount":250})',
      'tool 250 for 7',
      'assistant Tools: 250 for 7',
    ]
    expect([toLines(client.messages), client.pendingInterrupts]).toEqual([lines, []])
    await client.runAgent({ resume: [{ interruptId, status: 'resolved', payload: { approved: true } }] })
    expect(toLines(client.messages)).toEqual(lines)
  })

  test('is decided while another message waits behind it', async () => {
    const { client, interrupt: interruptId } = await ask('queued')
    await scene.api.run({ message: 'Hello', sessionId: 'queued', waitForResponse: false })
    await client.runAgent({ resume: [{ interruptId, status: 'resolved', payload: { approved: true } }] })
    expect(client.text).toBe('Tools: 250 for 7')
  })

  test('of a run that began elsewhere is decided by a page, whose message that began is taken once', async () => {
    const messages = ['One', 'Refund order 7'].map((content) => ({ content }))
    await scene.api.run({ messages, sessionId: 'elsewhere', correlationId: 'c', waitForResponse: false })
    await waitFor(async () => (await load('elsewhere')).interrupts[0])
    const page = await load('elsewhere')
    const client = open('elsewhere', { initialMessages: page.messages })
    await client.runAgent()
    expect(client.pendingInterrupts).toEqual(page.interrupts)
    const resume = page.interrupts.map(({ id: interruptId }) => {
      return { interruptId, status: 'resolved' as const, payload: { approved: true } }
    })
    await client.runAgent({ resume })
    expect(client.text).toBe('Tools: 250 for 7')
    const after = await load('elsewhere')
    expect(toLines(after.messages)).toEqual(toLines(client.messages))
    expect(new Set(after.messages.map(({ id }) => id)).size).toBe(5)
  })

  test('may be given with other arguments, if they fit, or be denied', async () => {
    const { client, interrupt: interruptId } = await ask('edited')
    const resolve = (payload: object) => [{ interruptId, status: 'resolved' as const, payload }]
    const wrong = resolve({ approved: true, editedArgs: { order: 'x', amount: 5 } })
    const refused = await refuse(toInput('edited', '', { messages: client.messages, resume: wrong }))
    expect([refused.status, refused.body.issues]).toMatchObject([
      400,
      [{ path: 'resume.0.payload.editedArgs.order' }],
    ])
    await client.runAgent({ resume: resolve({ approved: true, editedArgs: { order: 7, amount: 5 } }) })
    expect(client.text).toBe('Tools: 5 for 7')
    expect(toLines(client.messages)[1]).toBe('assistant  refund({"order":7,"amount":5})')
    expect((await load('edited')).messages).toEqual(client.messages)
    const other = await ask('denied')
    const reason = 'Not today'
    await other.client.runAgent({
      resume: [{ interruptId: other.interrupt, status: 'resolved', payload: { approved: false, reason } }],
    })
    expect(other.client.text).toContain(reason)
  })

  test('that expired is passed by cancelling it', async () => {
    scene.book.add('Refund soon', callTools(call('refund_soon', { order: 1, amount: 1 })))
    const client = open('expired')
    await client.say('Refund soon')
    const [interrupt] = client.pendingInterrupts
    await waitFor(() => (new Date().toISOString() > (interrupt?.expiresAt ?? '') ? true : undefined))
    await client.runAgent({ resume: [{ interruptId: interrupt?.id ?? '', status: 'cancelled' }] })
    expect(client.text).toContain('Tools: ')
  })

  test.each([
    ['was answered elsewhere', 'success', ['tool 250 for 7', 'assistant Tools: 250 for 7']],
    [
      'is moot, as its run was stopped',
      'cancelled',
      ['tool {"error":"The run was cancelled before this tool ran."}'],
    ],
  ])('that %s is passed by cancelling it', async (_case, type, lines) => {
    const { client, interrupt: interruptId } = await ask(`passed-${type}`)
    const run = interruptId.split('~')[0] ?? ''
    if (type === 'cancelled') await scene.api.cancel(client.threadId, run)
    else await scene.api.decide(client.threadId, interruptId, { decision: 'approve' })
    await scene.api.waitForOutcome(client.threadId, run)
    await client.runAgent({ resume: [{ interruptId, status: 'cancelled' }] })
    expect(client.events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type } })
    expect(toLines(client.messages).slice(2)).toEqual(lines)
    expect(await client.say('Hello')).toBe('You said: Hello')
  })

  test('is told again to who asks again, and keeps other messages waiting', async () => {
    const { client, interrupt } = await ask('waiting')
    const again = open('waiting', { initialMessages: structuredClone(client.messages) })
    await again.runAgent()
    expect(again.pendingInterrupts).toMatchObject([{ id: interrupt }])
    const page = await load('waiting')
    expect([page.messages, page.interrupts]).toEqual([client.messages, client.pendingInterrupts])
    const messages: Message[] = [...client.messages, { id: 'new', role: 'user', content: 'Hello' }]
    const refused = await refuse(toInput('waiting', '', { messages, runId: 'r-9' }))
    expect([refused.status, refused.body.code]).toEqual([409, 'session_busy'])
    const resume = [{ interruptId: interrupt, status: 'cancelled' }]
    const taken = await (await post(toInput('waiting', '', { messages, runId: 'r-9', resume }))).end()
    expect(JSON.stringify(taken)).toContain('said')
    expect(
      (await refuse(toInput('waiting', '', { messages, resume: [{ ...resume[0], interruptId: 'x~y' }] })))
        .status,
    ).toBe(404)
  })
})

test('an app with one agent has one address, and one with several names them', async () => {
  const entry = 'test/fixtures/apps/e2e-agentscope/app.js'
  const single = await RunScene.set(bed, { entry, env: { E2E_AGENTS: '2' } })
  const url = `${single.host.url}/api/ag-ui`
  const named = toInput('one', 'Hello', { forwardedProps: { agent: 'thrifty' } })
  expect(JSON.stringify(await (await postInput(url, named)).end())).toContain('RUN_FINISHED')
  expect((await postInput(url, toInput('one'))).status).toBe(404)
  expect((await single.agent('Thrifty').state('one')).status).toBe(200)
  await single.host.stop()
})

describe('a request that is wrong', () => {
  const user = { id: 'u', role: 'user', content: 'Hi' }
  const input = { threadId: 'w', runId: 'r', messages: [user] }
  const content = (part: object) => ({ ...input, messages: [{ ...user, content: [part] }] })
  const entry = { interruptId: 'x~y', status: 'resolved' }
  const tool = { name: 'open_map', description: '' }

  test.each([
    ['no thread', { ...input, threadId: undefined }, 'threadId'],
    ['no run', { ...input, runId: undefined }, 'runId'],
    ['a thread with a slash', { ...input, threadId: 'a/b' }, 'threadId'],
    ['a run with a slash', { ...input, runId: 'a/b' }, 'runId'],
    ['no messages', { ...input, messages: undefined }, 'messages'],
    ['nothing in them', { ...input, messages: [] }, 'messages'],
    ['a blank message', { ...input, messages: [{ ...user, content: ' ' }] }, 'messages'],
    ['the agent speaking last', { ...input, messages: [user, { id: 'a', role: 'assistant' }] }, 'messages'],
    ['a system message', { ...input, messages: [{ ...user, role: 'system' }, user] }, 'messages.0.role'],
    ['a developer', { ...input, messages: [{ ...user, role: 'developer' }, user] }, 'messages.0.role'],
    ['audio', content({ type: 'audio', source: {} }), 'messages.0.content.0.type'],
    [
      'a file of the host',
      content({ type: 'image', source: { type: 'url', value: 'file:///x' } }),
      'messages.0.content.0.source.value',
    ],
    ['tools that are no list', { ...input, tools: { a: {} } }, 'tools'],
    ['too many of them', { ...input, tools: Array.from({ length: 129 }, () => tool) }, 'tools'],
    ['one without a name', { ...input, tools: [{ description: '' }] }, 'tools.0.name'],
    ['one whose name no model takes', { ...input, tools: [{ ...tool, name: '*' }] }, 'tools.0.name'],
    ['one that the agent has', { ...input, tools: [tool, { ...tool, name: 'refund' }] }, 'tools.1.name'],
    ['one twice', { ...input, tools: [tool, tool] }, 'tools.1.name'],
    ['one that is to run here', { ...input, tools: [{ ...tool, execute: 'rm' }] }, 'tools.0.execute'],
    ['a schema that is text', { ...input, tools: [{ ...tool, parameters: 'x' }] }, 'tools.0.parameters'],
    [
      'arguments that are no object',
      { ...input, tools: [{ ...tool, parameters: { type: 'string' } }] },
      'tools.0.parameters.type',
    ],
    [
      'a schema that is none',
      { ...input, tools: [{ ...tool, parameters: { type: 'object', properties: 1 } }] },
      'tools.0.parameters.properties',
    ],
    ['state', { ...input, state: { a: 1 } }, 'state'],
    ['a state that is no object', { ...input, state: 1 }, 'state'],
    ['context of another form', { ...input, context: [{ a: 1 }] }, 'context.0.description'],
    ['an answer without payload', { ...input, resume: [entry] }, 'resume.0.payload'],
    ['a field of its own', { ...input, model: 'x' }, 'model'],
    ['headers', { ...input, Headers: { 'x-user': 'ann' } }, 'Headers'],
  ])('by %s is 400 and names it', async (_case, body, path) => {
    const { status, body: answer } = await refuse(body)
    expect([status, answer.type, answer.code]).toEqual([400, 'RUN_ERROR', 'invalid_request'])
    expect(answer.issues?.map((issue) => issue.path)).toContain(path)
  })

  test('by an agent that is not there is 404', async () => {
    expect((await refuse(input, {}, 'Nobody')).status).toBe(404)
  })
})
