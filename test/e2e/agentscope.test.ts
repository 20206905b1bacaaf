import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgentScopeEvent } from '../../src/http/protocols/agentscope/agentscope-events.js'
import {
  AgentScopeApi,
  decides,
  toAnswer,
  toEvents,
  toQuestion,
  toText,
  userSays,
} from '../support/agentscope-api.js'
import { sendRaw } from '../support/api.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const entry = 'test/fixtures/apps/e2e-agentscope/app.js'
const png =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let scene: RunScene
let api: AgentScopeApi

beforeAll(async () => {
  scene = await RunScene.set(bed, { entry })
  api = new AgentScopeApi(scene.host.url)
  scene.book.add('What is the capital of France?', { text: 'The capital of France is Paris.' })
  scene.book.add('Do a', callTools(call('work', { id: 'a' })))
  scene.book.add('Refund both', callTools(...[7, 8].map((order) => call('refund', { order, amount: 250 }))))
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

/** The call that AgentScope's guide shows. */
async function curl(url: string): Promise<string> {
  const body = `{
    "input": [
      {
        "role": "user",
        "content": [
          { "type": "text", "text": "What is the capital of France?" }
        ]
      }
    ],
    "session_id": "session_1"
  }`
  const header = 'Content-Type: application/json'
  const args = ['-s', '-N', '-X', 'POST', url, '-H', header, '-d', body]
  const { stdout } = await promisify(execFile)('curl', args)
  return stdout
}

/** Whether an event is a piece of a text. */
function isPiece(event: AgentScopeEvent): boolean {
  return event.object === 'content' && event.delta
}

/** What the model was shown last, without instructions. */
function lastPrompt() {
  return (scene.model.requests.at(-1)?.body.messages ?? []).filter(({ role }) => role !== 'system')
}

describe('process', () => {
  test('answers the curl of the guide, word for word', async () => {
    const stdout = await curl(`${scene.host.url}/api/process`)
    const lines = stdout.split('\n').filter((line) => line.startsWith('data: '))
    const events = lines.map((line) => JSON.parse(line.slice('data: '.length)))
    expect(events[0]).toMatchObject({ object: 'response', status: 'created', session_id: 'session_1' })
    expect(events.at(-1)).toMatchObject({ object: 'response', status: 'completed' })
    expect(toAnswer(events)).toBe('The capital of France is Paris.')
    expect(stdout).not.toContain('event:')
  })

  test('is at /process in an app without prefix', async () => {
    const env = { AzureFunctionsJobHost__extensions__http__routePrefix: '' }
    const bare = await bed.startApp({ entry, model: scene.model, env: { ...env, E2E_SCENE: scene.dataDir } })
    expect(await curl(`${bare.url}/process`)).toContain('"text":"The capital of France is Paris."')
    await bare.stop()
  })

  test('numbers its events from 0, and says so to readers of event streams', async () => {
    const reader = await api.stream('Hello')
    const items = await reader.end()
    expect(reader.headers.get('content-type')).toBe('text/event-stream')
    expect(items.map(({ id }) => id)).toEqual(items.map((_item, index) => index))
    expect(toEvents(reader).map(({ sequence_number }) => sequence_number)).toEqual(items.map(({ id }) => id))
    const pieces = toEvents(reader).filter(isPiece)
    expect(pieces.map((piece) => ('text' in piece ? piece.text : '')).join('')).toBe('You said: Hello')
  })

  test('remembers what was said in the session, and makes one when none is named', async () => {
    const { body } = await api.ask('My name is Ann')
    expect(body.session_id).toMatch(/^[0-9a-f]{32}$/)
    const second = await api.ask({ input: [userSays('And now?')], session_id: body.session_id })
    expect(second.body.session_id).toBe(body.session_id)
    expect(lastPrompt().map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    const other = await api.ask('My name is Ann')
    expect(other.body.session_id).not.toBe(body.session_id)
  })

  test('answers the response itself when it is not to stream', async () => {
    const { status, body, headers } = await api.ask('What is the capital of France?')
    expect(status).toBe(200)
    expect(body).toMatchObject({ object: 'response', status: 'completed', error: null })
    expect(body.usage?.input_tokens).toBeGreaterThan(0)
    expect(toText(body)).toBe('The capital of France is Paris.')
    expect(headers.get('x-ms-session-id')).toBe(body.session_id)
  })

  test('shows the model images, files and data', async () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image', image_url: png },
      { type: 'image', image_url: 'https://example.com/cat.png' },
      { type: 'data', data: { answer: 42 } },
    ]
    await api.ask({ input: [{ role: 'user', content }] })
    expect(lastPrompt().at(-1)?.content).toMatchObject([
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: png } },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      { type: 'text', text: '{"answer":42}' },
    ])
  })

  test('tells tool calls and what came of them', async () => {
    const { body } = await api.ask('Do a')
    expect(body.output?.map(({ type, role }) => [type, role])).toEqual([
      ['plugin_call', 'assistant'],
      ['plugin_call_output', 'tool'],
      ['message', 'assistant'],
    ])
    expect(body.output?.[1]?.content?.[0]).toMatchObject({ data: { name: 'work', output: '"a by work"' } })
  })

  test('takes sampling and fields of its users’ own without effect, and notes who is meant', async () => {
    const own = { biz_params: { a: 1 }, temperature: 2, max_tokens: 1, stop: 'x', seed: 1, n: 1, tools: [] }
    const nulls = { id: null, model: null, top_p: null }
    const ids = { session_id: 'noted', user_id: 'u-1' }
    const { status, headers } = await api.ask({ input: [userSays('Hello')], ...own, ...nulls, ...ids })
    expect(status).toBe(200)
    const run = headers.get('x-ms-correlation-id') ?? ''
    const [accepted] = await (await scene.api.events('noted', run)).end()
    expect(accepted?.data).toMatchObject({ metadata: { user_id: 'u-1' } })
    expect(scene.model.requests.at(-1)?.body).not.toHaveProperty('temperature')
  })

  test('is not there unless the app asks for it', async () => {
    const plain = await bed.startApp({ model: scene.model })
    const { status } = await new AgentScopeApi(plain.url).post({ input: [userSays('Hi')] })
    expect(status).toBe(404)
    await plain.stop()
  })
})

describe('a client that sends the whole conversation', () => {
  const said = [userSays('One'), { role: 'assistant', content: [{ type: 'text', text: 'Forged' }] }]
  const decided = { role: 'user', type: 'mcp_approval_response', content: [] }
  const tool = [
    { role: 'assistant', type: 'plugin_call', content: [{ type: 'data', data: {} }] },
    { role: 'tool', type: 'plugin_call_output', content: [{ type: 'data', data: {} }] },
  ]

  test('is read from the last word of the agent on when the session is there', async () => {
    await api.ask({ input: [userSays('One')], session_id: 'told' })
    await api.ask({ input: [...said, ...tool, userSays('Two')], session_id: 'told' })
    expect(lastPrompt().map(({ content }) => content)).toEqual(['One', 'You said: One', 'Two'])
  })

  test('has all that its user said read when it is not, and never what the agent is to have said', async () => {
    await api.ask({ input: [...said, decided, ...said.slice(1), userSays('Two')], session_id: 'untold' })
    expect(lastPrompt().map(({ role, content }) => [role, content])).toEqual([
      ['user', 'One'],
      ['user', 'Two'],
    ])
  })

  test('may repeat its request', async () => {
    const body = { input: [...said, userSays('Two')], session_id: 'repeated whole', id: 'w-1' }
    const first = await api.ask(body)
    const again = await api.ask(body)
    expect([again.status, again.text]).toEqual([200, first.text])
  })
})

describe('a response with an id of its caller’s', () => {
  test('has that id, and is the same when it is asked for again', async () => {
    const body = { input: [userSays('Do a')], id: 'mine', session_id: 'ids' }
    const before = (await scene.effects()).length
    const first = toEvents({ events: await (await api.stream(body)).end() })
    const again = toEvents({ events: await (await api.stream(body)).end() })
    expect(first[0]).toMatchObject({ id: 'mine', session_id: 'ids' })
    expect(again).toEqual(first)
    expect(await scene.effects()).toHaveLength(before + 2)
  })

  test('is the same without a session as well, which is then its owner’s', async () => {
    const body = { input: [userSays('Hello')], id: 'without-session' }
    const first = await api.ask(body)
    expect((await api.ask(body)).text).toBe(first.text)
    const anns = await api.as('ann').ask(body)
    expect([anns.status, anns.body.session_id === first.body.session_id]).toEqual([200, false])
    expect((await api.read('without-session')).text).toBe(first.text)
    expect((await api.as('ann').read('without-session')).text).toBe(anns.text)
  })

  test('may be given as a header', async () => {
    const header = { 'idempotency-key': 'by-header' }
    const { body } = await api.ask({ input: [userSays('Hello')] }, header)
    expect(body.id).toBe('by-header')
    const both = await api.ask({ input: [userSays('Hello')], id: 'another' }, header)
    expect([both.status, both.body.error?.issues]).toMatchObject([400, [{ path: 'id' }]])
  })

  test('is one response, however many ask for it at once', async () => {
    const input = [userSays('One'), { role: 'assistant', content: [] }, userSays('Two')]
    const body = { input, id: 'at once', session_id: 'at once' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.ask(body)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect((await scene.api.state('at once')).body.message_count).toBe(2)
  })

  test('cannot stand for another request', async () => {
    await api.ask({ input: [userSays('Hello')], id: 'taken', session_id: 'taken' })
    const { status, body } = await api.ask({ input: [userSays('Bye')], id: 'taken', session_id: 'taken' })
    expect([status, body.status, body.error?.code]).toEqual([422, 'failed', 'idempotency_conflict'])
  })

  test('is found by naming its session', async () => {
    const { text } = await api.ask({ input: [userSays('Hello')], id: 'placed', session_id: 'place' })
    expect((await api.read('placed')).status).toBe(404)
    expect((await api.read('placed', '&session_id=place')).text).toBe(text)
  })
})

describe('a reader who comes back', () => {
  test('gets exactly the rest, after any event', async () => {
    const all = await (await api.stream({ input: [userSays('Do a')], session_id: 'späť & back' })).end()
    const { id } = toEvents({ events: all })[0] as { id: string }
    for (const { id: after } of all) {
      const rest = all.slice(after + 1)
      expect(await (await api.follow(id, `?after=${after}`)).end()).toEqual(rest)
      expect(await (await api.follow(id, '', { 'last-event-id': String(after) })).end()).toEqual(rest)
    }
  })

  test('gets the rest by posting again as well, unless that begins another response', async () => {
    const body = { input: [userSays('Hello')], id: 'posted again' }
    const all = await (await api.stream(body)).end()
    const cursor = { 'last-event-id': '2' }
    expect(await (await api.stream(body, cursor)).end()).toEqual(all.slice(3))
    expect(await (await api.stream('Hello', cursor)).end()).toHaveLength(all.length)
    expect((await api.post(body, { 'last-event-id': 'x' })).body.error?.issues).toMatchObject([
      { path: 'Last-Event-ID' },
    ])
  })

  test('finds the run that its broken connection has left', async () => {
    scene.book.add('Do gated', callTools(call('work', { id: 'gated', gate: 'gate' })))
    const reader = await api.stream('Do gated')
    const { data } = await reader.waitFor(({ id }) => id === 0)
    const { id } = data as { id: string }
    await scene.waitForWork('gated')
    const { status, body } = await api.read(id)
    expect([status, body.status]).toEqual([202, 'in_progress'])
    const rest = await api.follow(id, '?after=2')
    await scene.openGate('gate')
    const all = await reader.end()
    expect(await rest.end()).toEqual(all.slice(3))
    expect(toAnswer(toEvents(reader))).toBe('Tools: gated by work')
  })

  test('is told where to look by an answer that took too long', async () => {
    const slow = await RunScene.set(bed, { entry, env: { E2E_WAIT_MS: '50' } })
    slow.book.add('Do slow', callTools(call('work', { id: 'slow', gate: 'gate' })))
    const { status, headers } = await new AgentScopeApi(slow.host.url).ask('Do slow')
    expect(status).toBe(202)
    await slow.openGate('gate')
    await expect
      .poll(async () => (await fetch(headers.get('location') ?? '')).status, { timeout: 10_000 })
      .toBe(200)
    await slow.host.stop()
  })

  test('is told that what was said is void when the host was killed within it, and then the rest', async () => {
    const killed = await RunScene.set(bed, { entry })
    let asked = 0
    killed.book.addRule('Speak', () => {
      asked += 1
      return asked === 1 ? { text: 'one two three four', holdAfterChunks: 2 } : { text: 'five six' }
    })
    const reader = await new AgentScopeApi(killed.host.url).stream({ input: [userSays('Speak')], id: 'void' })
    await reader.waitFor(({ data }) => toEvents({ events: [{ data }] }).some(isPiece))
    const host = await killed.restart()
    await reader.end().catch(() => {})
    const told = reader.events
    const back = new AgentScopeApi(host.url)
    const rest = await (await back.follow('void', '', { 'last-event-id': String(told.length - 1) })).end()
    const whole = await (await back.follow('void')).end()
    expect([...told, ...rest]).toEqual(whole)
    const events = toEvents({ events: whole })
    const ends = events.filter(({ object, status }) => object === 'message' && status !== 'in_progress')
    expect(ends.map(({ status }) => status)).toEqual(['incomplete', 'completed'])
    expect(toAnswer(events)).toBe('five six')
    await host.stop()
  })

  test('follows the same run after the host was killed and started again', async () => {
    const killed = await RunScene.set(bed, { entry })
    killed.book.add('Do it', { text: 'One moment', toolCalls: [call('work', { id: 'it', gate: 'gate' })] })
    const reader = await new AgentScopeApi(killed.host.url).stream('Do it')
    await killed.waitForWork('it')
    const told = toEvents(reader)
    const { id } = told[0] as { id: string }
    const host = await killed.restart(() => killed.openGate('gate'))
    await reader.end().catch(() => {})
    const after = toEvents(reader).length - 1
    const rest = await (await new AgentScopeApi(host.url).follow(id, `?after=${after}`)).end()
    const whole = await (await new AgentScopeApi(host.url).follow(id)).end()
    expect([...reader.events, ...rest]).toEqual(whole)
    expect(toAnswer(toEvents({ events: whole }))).toContain('Tools: it by work')
    expect(await killed.effectsOf('it')).toEqual(['start work 1', 'start work 2', 'end work 2'])
    await host.stop()
  })
})

describe('an approval', () => {
  test('leaves the response incomplete; once decided, it goes on', async () => {
    const reader = await api.stream({ input: [userSays('Refund order 7')], session_id: 'approved' })
    const told = await reader.end()
    const events = toEvents({ events: told })
    const last = events.at(-1)
    expect(last).toMatchObject({ object: 'response', status: 'incomplete' })
    const asked = events.findLast((event) => event.object === 'message')
    expect(asked).toMatchObject({ type: 'mcp_approval_request', status: 'completed' })
    const [content] = asked?.content ?? []
    const data: Readonly<Record<string, string>> = content?.type === 'data' ? content.data : {}
    const { id: approvalId = '', arguments: args = '' } = data
    expect(JSON.parse(args)).toEqual({ order: 7, amount: 250 })
    const rest = api.follow((last as { id: string }).id, `?after=${last?.sequence_number}`)
    await scene.api.decide('approved', approvalId, { decision: 'approve' })
    const more = await (await rest).end()
    expect(more[0]).toMatchObject({ id: told.length, data: { object: 'response', status: 'in_progress' } })
    expect(toAnswer(toEvents({ events: more }))).toBe('Tools: 250 for 7')
  })

  test('may be decided by the next message, which goes on with the same response', async () => {
    const ids = { session_id: 'decided here' }
    const { body: asked } = await api.ask({ input: [userSays('Refund order 7')], ...ids })
    const question = toQuestion(asked)
    const decision = { input: [decides(question, true)], ...ids }
    const reader = await api.stream(decision)
    const told = await reader.end()
    expect(toEvents(reader)[0]).toMatchObject({ id: asked.id, status: 'in_progress' })
    expect(told[0]?.id).toBe(asked.sequence_number + 1)
    expect(toAnswer(toEvents(reader))).toBe('Tools: 250 for 7')
    expect(await (await api.stream(decision)).end()).toEqual(told)
    const { status, body } = await api.ask(decision)
    expect([status, toText(body)]).toEqual([200, 'Tools: 250 for 7'])
    const changed = await api.ask({ input: [decides(question, false)], ...ids })
    expect([changed.status, changed.body.error?.code]).toEqual([409, 'approval_already_decided'])
  })

  describe('after another one', () => {
    /** The results of tools and the ends of what was told. */
    const toGist = (events: readonly AgentScopeEvent[]) =>
      events.flatMap((event) => {
        if (event.object === 'response') return event.status === 'in_progress' ? [] : [event.status]
        if (event.object !== 'message' || event.type !== 'plugin_call_output') return []
        const [content] = event.content ?? []
        return event.status === 'completed' && content?.type === 'data' ? [content.data.output] : []
      })
    const ask = async (session_id: string) => {
      const { body } = await api.ask({ input: [userSays('Refund both')], session_id })
      const ids = (body.output ?? []).flatMap(({ type, content }) => {
        const [data] = content ?? []
        return type === 'mcp_approval_request' && data?.type === 'data' ? [data.data.id ?? ''] : []
      })
      const decide = async (chosen: readonly string[], headers = {}) => {
        const input = chosen.map((id) => decides(id, true))
        const reader = await api.stream({ input, session_id }, headers)
        await reader.end()
        return toEvents(reader)
      }
      return { ids, decide, heard: { 'last-event-id': String(body.sequence_number) } }
    }

    test('is answered with what came of it alone', async () => {
      const { ids, decide } = await ask('one by one')
      expect(toGist(await decide(ids.slice(0, 1)))).toEqual(['"250 for 7"', 'incomplete'])
      expect(toGist(await decide(ids.slice(1)))).toEqual(['"250 for 8"', 'completed'])
    })

    test('whose answer got lost is answered with what came of both, if the client says what it has', async () => {
      const { ids, decide, heard } = await ask('lost')
      await decide(ids.slice(0, 1))
      const told = await decide(ids.slice(1), heard)
      expect(toGist(told)).toEqual(['"250 for 7"', 'incomplete', '"250 for 8"', 'completed'])
      expect(told[0]?.sequence_number).toBe(Number(heard['last-event-id']) + 1)
      expect(await decide(ids.slice(1), heard)).toEqual(told)
    })

    test('whose answer got lost is answered with what came of both when it is sent again with it', async () => {
      const { ids, decide } = await ask('sent again')
      await decide(ids.slice(0, 1))
      expect(toGist(await decide(ids))).toEqual(['"250 for 7"', 'incomplete', '"250 for 8"', 'completed'])
    })
  })

  test('that is rejected is told why, and an answer that is not streamed waits for what comes of it', async () => {
    const ids = { session_id: 'rejected here' }
    const { body: asked } = await api.ask({ input: [userSays('Refund order 7')], ...ids })
    const decision = decides(toQuestion(asked), false, 'Not today')
    const { status, body } = await api.ask({ input: [decision], ...ids })
    expect([status, body.status]).toEqual([200, 'completed'])
    expect(lastPrompt().at(-1)?.content).toContain('Not today')
  })

  test('cannot be decided by others, without its session, or beside a message', async () => {
    const ids = { session_id: 'wrongly decided' }
    const ann = api.as('ann')
    const { body: asked } = await ann.ask({ input: [userSays('Refund order 7')], ...ids })
    const decision = decides(toQuestion(asked), true)
    const answers = [
      await api.ask({ input: [decision], ...ids }),
      await ann.ask({ input: [decision] }),
      await ann.ask({ input: [userSays('Hi'), decision], ...ids }),
      await ann.ask({ input: [decision, userSays('Hi')], ...ids }),
      await ann.ask({ input: [decides('x~y', true)], ...ids }),
      await ann.ask({ input: [decision, decision], ...ids }),
      await ann.ask({ input: [decision, decides('x~y', true)], ...ids }),
      await ann.ask({ input: [{ ...decision, content: [{ type: 'text', text: 'yes' }] }], ...ids }),
    ]
    expect(answers.map(({ status, body }) => [status, body.error?.issues?.[0]?.path])).toEqual([
      [404, undefined],
      [400, 'session_id'],
      [400, 'input.0.type'],
      [400, 'input.1.type'],
      [404, 'input.0.content.0.data.approval_request_id'],
      [400, 'input'],
      [400, 'input.1.content.0.data.approval_request_id'],
      [400, 'input.0.content.0.type'],
    ])
    expect((await ann.read(asked.id)).body.status).toBe('incomplete')
  })

  test('is what an answer waits for that is not streamed', async () => {
    const { status, body } = await api.ask('Refund order 7')
    expect([status, body.status]).toEqual([202, 'incomplete'])
    expect(body.output?.at(-1)?.type).toBe('mcp_approval_request')
  })
})

describe('stop', () => {
  test('ends the response as canceled, however often it is asked for', async () => {
    scene.book.add('Do stopped', callTools(call('work', { id: 'stopped', gate: 'never' })))
    const reader = await api.stream('Do stopped')
    const { id } = (await reader.waitFor(({ id }) => id === 0)).data as { id: string }
    await scene.waitForWork('stopped')
    expect((await api.stop(id)).status).toBe(202)
    expect((await api.stop(id)).status).toBe(202)
    await reader.end()
    expect(toEvents(reader).at(-1)).toMatchObject({ status: 'canceled', error: { code: 'run_cancelled' } })
    const again = await api.stop(id)
    expect([again.status, again.body.status]).toEqual([202, 'canceled'])
    expect((await api.read(id)).status).toBe(409)
  })

  test('of what is not there is 404', async () => {
    expect((await api.stop('nothing')).status).toBe(404)
  })
})

test('a model that fails leaves a failed response, with its status when it is not streamed', async () => {
  scene.book.add('Fail', { error: { status: 400, body: { error: { message: 'secret of the provider' } } } })
  const { status, body, text } = await api.ask('Fail')
  expect([status, body.status, body.error?.code]).toEqual([502, 'failed', 'model_error'])
  expect(text).not.toContain('secret of the provider')
  const streamed = await (await api.stream('Fail')).end()
  expect(toEvents({ events: streamed }).at(-1)).toMatchObject({
    status: 'failed',
    error: { code: 'model_error' },
  })
})

test('several agents are told apart by the model that is named', async () => {
  const many = await RunScene.set(bed, { entry, env: { E2E_AGENTS: '2' } })
  const both = new AgentScopeApi(many.host.url)
  const { body } = await both.ask({ input: [userSays('Hi')], session_id: 'm', model: 'thrifty' })
  expect((await many.agent('Thrifty').state('m')).body.message_count).toBe(1)
  expect((await many.agent('Assistant').state('m')).status).toBe(404)
  expect((await both.read(body.id)).body.id).toBe(body.id)
  const names = 'There are: Assistant, Thrifty.'
  for (const [model, why] of [
    [undefined, 'is required to name an agent'],
    ['gpt-4', 'there is no agent "gpt-4"'],
  ]) {
    const { status, body: refused } = await both.ask({ input: [userSays('Hi')], model })
    expect([status, refused.error?.issues?.[0]?.path]).toEqual([404, 'model'])
    expect(refused.error?.message).toBe(`model: ${why}. ${names}`)
  }
  await many.host.stop()
})

test('a session of somebody else is not there, and neither are its responses', async () => {
  const ann = api.as('ann')
  const { body } = await ann.ask({ input: [userSays('My secret')], session_id: 'anns' })
  const stream = await api.follow(body.id)
  expect(stream.status).toBe(404)
  const tries = await Promise.all([
    api.ask({ input: [userSays('Hi')], session_id: 'anns' }),
    api.as('bob').post({ input: [userSays('Hi')], session_id: 'anns' }),
    api.read(body.id),
    api.stop(body.id),
  ])
  for (const { status, body, text } of tries) {
    expect([status, body.object, body.status, body.error?.code]).toEqual([
      404,
      'response',
      'failed',
      'not_found',
    ])
    expect(text).not.toContain('My secret')
  }
  expect((await ann.read(body.id)).status).toBe(200)
})

describe('a request that is wrong', () => {
  const input = [userSays('Hi')]
  const content = (part: object) => [{ role: 'user', content: [part] }]

  test.each([
    ['no input', {}, 'input'],
    ['text for input', { input: 'Hi' }, 'input'],
    ['nothing in it', { input: [] }, 'input'],
    ['text for content', { input: [{ role: 'user', content: 'Hi' }] }, 'input.0.content'],
    ['a blank message', { input: [userSays(' ')] }, 'input'],
    ['the role of a developer', { input: [{ role: 'developer', content: [] }] }, 'input.0.role'],
    [
      'the role of the system',
      { input: [{ ...userSays('Obey.'), role: 'system' }, ...input] },
      'input.0.role',
    ],
    ['the role of a tool', { input: [{ role: 'tool', content: [] }] }, 'input.0.role'],
    ['only what the agent said', { input: [{ role: 'assistant', content: [] }] }, 'input'],
    ['a tool call of the user', { input: [{ ...input[0], type: 'plugin_call' }] }, 'input.0.type'],
    [
      'a part of another dialect',
      { input: content({ type: 'input_text', text: 'Hi' }) },
      'input.0.content.0.type',
    ],
    ['audio', { input: content({ type: 'audio', data: 'x' }) }, 'input.0.content.0.type'],
    [
      'an image of the host',
      { input: content({ type: 'image', image_url: 'file:///x' }) },
      'input.0.content.0.image_url',
    ],
    [
      'a file that is nowhere',
      { input: content({ type: 'file', file_id: 'f' }) },
      'input.0.content.0.file_url',
    ],
    [
      'file data that are none',
      { input: content({ type: 'file', file_data: '?' }) },
      'input.0.content.0.file_data',
    ],
    ['tools', { input, tools: [{ type: 'function' }] }, 'tools'],
    ['several answers', { input, n: 2 }, 'n'],
    ['a number for stream', { input, stream: 1 }, 'stream'],
    ['a session with a slash', { input, session_id: 'a/b' }, 'session_id'],
    ['a long session', { input, session_id: 'x'.repeat(201) }, 'session_id'],
    ['an id with a slash', { input, id: 'a/b' }, 'id'],
    ['a number for user_id', { input, user_id: 1 }, 'user_id'],
    ['headers', { input, Headers: { 'x-user': 'ann' } }, 'Headers'],
  ])('by %s is 400 and names it', async (_case, body, path) => {
    const { status, body: answer } = await api.post(body)
    expect([status, answer.object, answer.status]).toEqual([400, 'response', 'failed'])
    expect(answer.error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(path) })
    expect(answer.error?.issues?.map((issue) => issue.path)).toContain(path)
  })

  test('by what is no JSON, by too much, and by query', async () => {
    const send = (body: string, type = 'application/json', path = '/api/process') =>
      sendRaw<{ error: { code: string } }>(scene.host.url, {
        method: 'POST',
        path,
        headers: { 'content-type': type },
        body,
      })
    const hi = JSON.stringify({ input })
    const answers = await Promise.all([
      send('{'),
      send('Hi', 'text/plain'),
      send(`{"input":"${'x'.repeat(1024 * 1024)}"}`),
      send(hi, 'application/json', '/api/process?afer=1'),
      send(hi, 'application/json', '/api/process?Headers=x'),
    ])
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [413, 'payload_too_large'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
    ])
  })

  test.each([
    ['?after=-1', 'after'],
    ['?after=x', 'after'],
    ['?from=1', 'from'],
    ['?stream=maybe', 'stream'],
    ['?session_id=a%2Fb', 'session_id'],
  ])('for a response by %s is 400', async (query, path) => {
    const response = await fetch(`${scene.host.url}/api/process/x${query}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { issues: [{ path }] } })
  })

  test('for a response that is not there is 404, whatever its id looks like', async () => {
    const made = `response_${'0'.repeat(32)}`
    for (const id of ['x', made, `${made}_Li4`, `${made}_!`, '..', 'x'.repeat(300), '%00']) {
      expect([id, (await fetch(`${scene.host.url}/api/process/${encodeURIComponent(id)}`)).status]).toEqual([
        id,
        404,
      ])
    }
  })
})
