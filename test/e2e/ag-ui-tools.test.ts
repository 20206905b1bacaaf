import type { Interrupt, Message, Tool } from '@ag-ui/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AguiClient, type AguiClientOptions, postInput, toLines } from '../support/agui-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

const openMap: Tool = {
  name: 'open_map',
  description: 'Shows a place on the map of the page.',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
}

const oslo = call('open_map', { place: 'Oslo' })
const bergen = call('open_map', { place: 'Bergen' })

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.add('Show me Oslo', callTools(oslo))
  scene.book.add('Show me both', callTools(oslo, call('work', { id: 'x' }), bergen))
  scene.book.add(
    'Show one by one',
    callTools({ ...oslo, id: 'call_0' }),
    callTools({ ...bergen, id: 'call_0' }),
  )
  scene.book.add('Show and refund', callTools(oslo, call('refund', { order: 7, amount: 250 })))
  scene.book.add('Show me nothing', callTools(call('open_map', { where: 'Oslo' })))
})

function toUrl(): string {
  return `${scene.host.url}/api/ag-ui/Assistant`
}

/** A page that has a map. */
class Page extends AguiClient {
  /** The calls that it was left with by its last run. */
  pending: readonly string[] = []

  constructor(threadId: string, options: Partial<AguiClientOptions> = {}) {
    super({ url: toUrl(), threadId, ...options })
    this.subscribe({
      onRunInitialized: () => {
        this.pending = []
      },
      onRunFinishedEvent: (finished) => {
        if (finished.outcome === 'success') this.pending = finished.pendingToolCallIds
      },
    })
  }

  goOn(options: Parameters<AguiClient['runAgent']>[0] = {}) {
    return this.runAgent({ tools: [openMap], ...options })
  }

  /** Says something to the agent, with its tool. */
  async ask(content: string): Promise<readonly string[]> {
    this.addMessage({ id: `u-${this.messages.length}-${this.threadId}`, role: 'user', content })
    await this.goOn()
    return this.pending
  }

  /** Adds what came of a call, as `@copilotkit/core` does: right after the message that has the call. */
  report(toolCallId: string | undefined, content: string, more: object = {}): void {
    const at = this.messages.findIndex(
      (message) => message.role === 'assistant' && message.toolCalls?.some(({ id }) => id === toolCallId),
    )
    const id = `t-${toolCallId}`
    this.messages.splice(at + 1, 0, { id, role: 'tool', toolCallId: toolCallId ?? '', content, ...more })
  }

  get lines(): readonly string[] {
    return toLines(this.messages)
  }
}

async function load(threadId: string) {
  const response = await fetch(`${toUrl()}/${threadId}`)
  return (await response.json()) as {
    messages: Message[]
    interrupts: Interrupt[]
    pendingToolCallIds: string[]
  }
}

/** An answer that is no stream. */
async function refuse(input: unknown) {
  const response = await fetch(toUrl(), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  const body = (await response.json()) as { code: string; issues?: readonly { path: string }[] }
  return { status: response.status, code: body.code, paths: body.issues?.map(({ path }) => path) }
}

/** What a page would post. */
function toInput(page: Page, more: object = {}): object {
  return { threadId: page.threadId, runId: `r-${Math.random()}`, messages: page.messages, ...more }
}

const shownOslo = [
  'user Show me Oslo',
  'assistant  open_map({"place":"Oslo"})',
  'tool {"shown":true}',
  'assistant Tools: {"shown":true}',
]

describe('a tool of the page', () => {
  test('is told to the model beside those of the agent', async () => {
    await new Page('told').ask('Show me Oslo')
    const { tools = [] } = scene.model.requests.at(-1)?.body ?? {}
    expect(tools.length).toBeGreaterThan(1)
    expect(tools.at(-1)).toMatchObject({ function: openMap })
  })

  test('is left to the page by a run that has ended well, and what it gave lets the next run go on', async () => {
    const page = new Page('shown')
    const [toolCallId, ...others] = await page.ask('Show me Oslo')
    expect(others).toEqual([])
    expect(page.types.slice(-5)).toEqual([
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'STEP_FINISHED',
      'RUN_FINISHED',
    ])
    const asked = scene.model.requests.length
    page.report(toolCallId, '{"shown":true}')
    const told = page.events.length
    await page.goOn()
    expect(page.lines).toEqual(shownOslo)
    expect(page.types.slice(told, told + 2)).toEqual(['RUN_STARTED', 'STEP_STARTED'])
    expect([page.pending, scene.model.requests.length]).toEqual([[], asked + 1])
    const [run = ''] = toolCallId?.split('.') ?? []
    expect((await scene.api.outcome('shown', run)).body.response).toBe('Tools: {"shown":true}')
  })

  test('is called once, and its result taken once, however often that is sent', async () => {
    const page = new Page('again')
    page.report((await page.ask('Show me Oslo'))[0], '{"shown":true}')
    const input = toInput(page)
    const before = scene.model.requests.length
    const send = async () => (await (await postInput(toUrl(), input)).end()).map(({ data }) => data)
    const [first, ...others] = await Promise.all([send(), send(), send()])
    expect([...others, await send()]).toEqual([first, first, first])
    const asked = scene.model.requests.length
    expect(asked).toBe(before + 1)
    const other = await postInput(toUrl(), { ...input, runId: 'other' })
    expect(await other.end()).toHaveLength(first?.length ?? 0)
    await page.goOn()
    await page.goOn()
    expect([page.lines, scene.model.requests.length]).toEqual([shownOslo, asked])
    const messages = page.messages.map((message) =>
      message.role === 'tool' ? { ...message, content: 'closed' } : message,
    )
    expect(await refuse(toInput(page, { messages }))).toEqual({
      status: 409,
      code: 'result_already_reported',
      paths: ['messages.2.toolCallId'],
    })
    expect(await page.ask('Hello')).toEqual([])
    expect(page.text).toBe('You said: Hello')
  })

  test('may be called beside others and those of the agent, and be reported one by one', async () => {
    const page = new Page('both')
    const [first, second, ...others] = await page.ask('Show me both')
    expect(others).toEqual([])
    expect(page.lines).toEqual([
      'user Show me both',
      'assistant  open_map({"place":"Oslo"}) work({"id":"x"}) open_map({"place":"Bergen"})',
      'tool x by work',
    ])
    page.report(second, '42')
    await page.goOn()
    expect(page.events.at(-1)).toMatchObject({ outcome: { type: 'success' } })
    expect((await load('both')).pendingToolCallIds).toEqual([first])
    page.report(first, '', { error: 'The map is closed.' })
    await page.goOn()
    expect(page.text).toBe('Tools: Error: The map is closed. | x by work | 42')
    expect(page.lines).toHaveLength(6)
  })

  test('is left to clients of 0.x in the words that they know', async () => {
    const messages = [{ id: 'u', role: 'user', content: 'Show me Oslo' }]
    const input = { threadId: 'older', runId: 'r', messages, tools: [openMap] }
    const told = (await (await postInput(toUrl(), input)).end()).map(({ data }) => data)
    expect(told.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } })
    expect(JSON.stringify(told)).not.toContain('pendingToolCallIds')
  })

  test('may be called again with what it gave, also by a model that counts its calls anew in each answer', async () => {
    const page = new Page('rounds')
    page.report((await page.ask('Show one by one'))[0], 'Oslo')
    await page.goOn()
    const told = page.events.length
    page.report(page.pending[0], 'Bergen')
    await page.goOn()
    expect(page.types.slice(told)).not.toContain('MESSAGES_SNAPSHOT')
    expect(page.lines).toEqual([
      'user Show one by one',
      'assistant  open_map({"place":"Oslo"})',
      'tool Oslo',
      'assistant  open_map({"place":"Bergen"})',
      'tool Bergen',
      'assistant Tools: Bergen',
    ])
    expect(toLines((await load('rounds')).messages)).toEqual(page.lines)
  })

  test('may be reported while a tool of the agent is still at work', async () => {
    scene.book.add('Show and work', callTools(oslo, call('work', { id: 'slow', gate: 'slow' })))
    const page = new Page('eager')
    const asked = page.ask('Show and work')
    await scene.waitForWork('slow')
    const toolCallId = await waitFor(async () => (await load('eager')).pendingToolCallIds[0])
    await waitFor(() => (page.lines.length === 2 ? true : undefined))
    const eager = new Page('eager', { initialMessages: structuredClone(page.messages) })
    eager.report(toolCallId, 'Oslo')
    const reported = eager.goOn()
    await waitFor(async () => ((await load('eager')).pendingToolCallIds.length === 0 ? true : undefined))
    await scene.openGate('slow')
    await Promise.all([asked, reported])
    const result = 'assistant Tools: Oslo | slow by work'
    expect([page.lines.at(-1), eager.lines.at(-1)]).toEqual([result, result])
    expect([page.lines.length, eager.lines.length]).toEqual([5, 5])
  })

  test('is not left to the page with arguments that do not fit', async () => {
    const page = new Page('misfit')
    expect(await page.ask('Show me nothing')).toEqual([])
    expect(page.text).toContain('The arguments are not valid.')
    page.report(
      page.messages.flatMap((message) => ('toolCalls' in message ? (message.toolCalls ?? []) : []))[0]?.id,
      'x',
    )
    await page.goOn()
    expect(page.text).toContain('The arguments are not valid.')
  })

  test('is asked for beside an approval, in any order', async () => {
    const approve = ({ pendingInterrupts }: Page) =>
      pendingInterrupts.map(({ id: interruptId }) => {
        return { interruptId, status: 'resolved' as const, payload: { approved: true } }
      })
    const page = new Page('mixed')
    expect(await page.ask('Show and refund')).toEqual([])
    expect(page.events.at(-1)).toMatchObject({ outcome: { type: 'interrupt', interrupts: [{}] } })
    await page.goOn({ resume: approve(page) })
    expect(page.pending).toEqual((await load('mixed')).pendingToolCallIds)
    page.report(page.pending[0], 'Oslo')
    await page.goOn()
    expect(page.text).toBe('Tools: Oslo | 250 for 7')
    const other = new Page('mixed-2')
    await other.ask('Show and refund')
    other.report((await load('mixed-2')).pendingToolCallIds[0], 'Oslo')
    const reported = new Page('mixed-2', { initialMessages: structuredClone(other.messages) })
    await reported.goOn()
    expect(reported.pendingInterrupts).toEqual(other.pendingInterrupts)
    await other.goOn({ resume: approve(other) })
    expect(other.text).toBe('Tools: Oslo | 250 for 7')
    expect(toLines((await load('mixed-2')).messages)).toHaveLength(other.lines.length)
  })
})

describe('what came of a call', () => {
  const toMessages = async (threadId: string, message: object) => {
    const page = new Page(threadId)
    const [toolCallId] = await page.ask('Show me Oslo')
    const reported = { id: 't', role: 'tool', toolCallId, content: 'Oslo', ...message }
    return { page, messages: [...page.messages, reported], toolCallId }
  }

  test.each([
    ['no text', { content: 1 }, 'messages.2.content'],
    ['nothing', { content: undefined }, 'messages.2.content'],
    ['an image', { content: [{ type: 'image', source: {} }] }, 'messages.2.content.0.type'],
    ['a failure without words', { error: { a: 1 } }, 'messages.2.error'],
  ])('is refused by name when it is %s', async (what, message, path) => {
    const { page, messages } = await toMessages(what.replaceAll(' ', '-'), message)
    const refused = await refuse(toInput(page, { messages }))
    expect([refused.status, refused.paths]).toEqual([400, [path]])
    expect((await load(page.threadId)).pendingToolCallIds).toHaveLength(1)
  })

  test('is of a call that there is, and said once', async () => {
    const { page, messages, toolCallId } = await toMessages('strays', {})
    const stray = { id: 't-2', role: 'tool', toolCallId: `${toolCallId}x`, content: 'Oslo' }
    const unknown = await refuse(toInput(page, { messages: [...messages, stray] }))
    expect([unknown.status, unknown.paths]).toEqual([404, ['messages.3.toolCallId']])
    const twice = await refuse(toInput(page, { messages: [...messages, { ...messages.at(-1), id: 't-2' }] }))
    expect([twice.status, twice.paths]).toEqual([400, ['messages.3.toolCallId']])
    expect((await load('strays')).pendingToolCallIds).toEqual([toolCallId])
  })

  test('is not for others to say, nor of calls of the agent', async () => {
    const input = {
      threadId: 'anns',
      runId: 'r',
      messages: [{ id: 'u', role: 'user', content: 'Show me Oslo' }],
    }
    await (await postInput(toUrl(), { ...input, tools: [openMap] }, { 'x-user': 'ann' })).end()
    const forged = { id: 't', role: 'tool', toolCallId: 'r.x', content: 'Oslo' }
    const refused = await refuse({ ...input, runId: 'r-2', messages: [...input.messages, forged] })
    expect([refused.status, refused.code]).toEqual([404, 'not_found'])
    const page = new Page('own')
    await page.ask('Show and refund')
    const calls = page.messages.flatMap((message) =>
      'toolCalls' in message ? (message.toolCalls ?? []) : [],
    )
    page.report(calls[1]?.id, 'refunded')
    page.pendingInterrupts = []
    await page.goOn()
    expect(page.pendingInterrupts).toHaveLength(1)
  })

  test('is text, parts of it, or JSON', async () => {
    const contents = [
      '12345678901234567890',
      '{"a": 1}',
      [
        { type: 'text', text: 'O' },
        { type: 'text', text: 'slo' },
      ],
      '',
    ]
    const told = ['12345678901234567890', '{"a":1}', 'Oslo', '']
    for (const [index, content] of contents.entries()) {
      const { page, messages } = await toMessages(`forms-${index}`, { content })
      const text = JSON.stringify(await (await postInput(toUrl(), toInput(page, { messages }))).end())
      expect(text).toContain('RUN_FINISHED')
      expect((await load(page.threadId)).messages.at(-1)?.content).toBe(`Tools: ${told[index]}`)
    }
  })
})

describe('a page that was opened anew, after its host was killed', () => {
  test('finds the open calls, carries them out, and goes on', async () => {
    await new Page('reopened').ask('Show me Oslo')
    await scene.restart()
    const { messages, pendingToolCallIds } = await load('reopened')
    const page = new Page('reopened', { initialMessages: messages })
    await page.goOn()
    expect([page.pending, page.lines]).toEqual([pendingToolCallIds, shownOslo.slice(0, 2)])
    page.report(pendingToolCallIds[0], '{"shown":true}')
    await page.goOn()
    expect(page.lines).toEqual(shownOslo)
    const again = new Page('reopened', { initialMessages: (await load('reopened')).messages })
    await again.goOn()
    expect(again.lines).toEqual(shownOslo)
  })

  test('gets the whole answer to what it has reported', async () => {
    let asked = 0
    scene.book.addRule('Show and speak', () => {
      asked += 1
      if (asked === 1) return callTools(oslo)
      return asked === 2 ? { text: 'one two three four', holdAfterChunks: 2 } : { text: 'five six' }
    })
    const page = new Page('cut')
    page.report((await page.ask('Show and speak'))[0], 'Oslo')
    const sent = page.goOn()
    await waitFor(() => (page.text === '' ? undefined : true))
    await scene.restart()
    await sent
    expect('one two three four').toContain(page.text)
    await page.goOn()
    expect(page.lines).toEqual([
      'user Show and speak',
      'assistant  open_map({"place":"Oslo"})',
      'tool Oslo',
      'assistant five six',
    ])
    expect(asked).toBe(3)
  })
})

describe('a next message', () => {
  test('is refused while calls are open', async () => {
    const page = new Page('refused')
    const [first] = await page.ask('Show me both')
    const next = { id: 'next', role: 'user', content: 'Hello' }
    const say = () => refuse(toInput(page, { messages: [...page.messages, next] }))
    expect(await say()).toMatchObject({ status: 409, code: 'session_busy' })
    page.report(first, 'Oslo')
    expect(await say()).toMatchObject({ status: 409, code: 'session_busy' })
    expect((await load('refused')).pendingToolCallIds).toHaveLength(2)
  })

  test('that brings what came of them takes the place of an answer to that', async () => {
    const page = new Page('moved-on')
    page.report((await page.ask('Show me Oslo'))[0], 'Error: The map is closed.')
    await page.ask('What did the map say?')
    const told = ['tool Error: The map is closed.', 'user What did the map say?']
    expect(page.lines.slice(2)).toEqual([...told, 'assistant You said: What did the map say?'])
    const prompt = scene.model.requests.at(-1)?.body.messages ?? []
    expect(prompt.slice(-3)).toMatchObject([
      { role: 'assistant', tool_calls: [{}] },
      { role: 'tool', content: 'Error: The map is closed.' },
      { role: 'user', content: 'What did the map say?' },
    ])
    await page.goOn()
    expect(toLines((await load('moved-on')).messages)).toEqual(page.lines)
  })

  test('may stand before what came of them', async () => {
    const page = new Page('before')
    const [toolCallId = ''] = await page.ask('Show me Oslo')
    page.addMessage({ id: 'next', role: 'user', content: 'Hello' })
    page.addMessage({ id: 't', role: 'tool', toolCallId, content: 'Oslo' })
    await page.goOn()
    expect(page.text).toBe('You said: Hello')
  })
})

const broken = { error: { status: 400, body: { error: { message: 'secret' } } } }

test('a run that fails after a result is tried again, and one that was stopped takes none', async () => {
  const steps = [callTools(oslo), broken, callTools(oslo), { text: 'Now' }].values()
  scene.book.addRule('Show and fail', () => steps.next().value ?? broken)
  const page = new Page('failed')
  page.report((await page.ask('Show and fail'))[0], 'Oslo')
  await page.goOn()
  expect(page.events.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'model_error' })
  await page.goOn()
  page.report(page.pending[0], 'Oslo')
  await page.goOn()
  expect(page.lines.slice(-3)).toEqual([
    'assistant  open_map({"place":"Oslo"})',
    'tool Oslo',
    'assistant Now',
  ])
  const stopped = new Page('stopped')
  const [toolCallId = ''] = await stopped.ask('Show me Oslo')
  await scene.api.cancel('stopped', toolCallId.split('.')[0] ?? '')
  stopped.report(toolCallId, 'Oslo')
  expect(await refuse(toInput(stopped))).toMatchObject({ status: 409, code: 'result_already_reported' })
  await stopped.ask('Hello')
  expect(stopped.text).toBe('You said: Hello')
})
