import {
  jsonSchema,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { type Message, toLines, UiChat, type UiChatOptions } from '../support/ui-chat.js'

const bed = new TestBed()
afterAll(() => bed.end())

const inputSchema = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] }
const openMap = { description: 'Shows a place on the map of the page.', inputSchema }
const body = { tools: { open_map: openMap } }

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
  const oslo = call('open_map', { place: 'Oslo' })
  const bergen = call('open_map', { place: 'Bergen' })
  scene.book.add('Show Oslo', callTools(oslo), { text: 'There it is.' })
  scene.book.add('Show both', callTools(oslo, call('work', { id: 'both' }), bergen))
  scene.book.add('Show one by one', callTools(oslo), callTools(bergen))
  scene.book.add('Show and move on', callTools(oslo), callTools(bergen))
  scene.book.add('Show nothing', callTools(call('open_map', { where: 'Oslo' })))
  scene.book.add('Show and refund', callTools(oslo, call('refund', { order: 7, amount: 250 })))
})

/** A page that shows what it is asked to, and what it has shown. */
function open(id: string, options: Partial<UiChatOptions> = {}) {
  const shown: string[] = []
  const chat: UiChat = new UiChat({
    url: scene.host.url,
    id,
    body,
    sendAutomaticallyWhen: (said) =>
      lastAssistantMessageIsCompleteWithToolCalls(said) ||
      lastAssistantMessageIsCompleteWithApprovalResponses(said),
    onToolCall({ toolCall: { toolName, toolCallId, input } }) {
      const { place } = input as { place: string }
      shown.push(place)
      void chat.addToolOutput({ tool: toolName, toolCallId, output: `${place} is shown` })
    },
    ...options,
  })
  return { chat, shown }
}

/** A page whose user does by hand what it is asked to. */
function openByHand(id: string, options: Partial<UiChatOptions> = {}): UiChat {
  return open(id, { ...options, onToolCall: () => {} }).chat
}

function toCallIds(chat: UiChat): readonly string[] {
  const parts = chat.lastMessage?.parts ?? []
  return parts.flatMap((part) => ('toolCallId' in part ? [part.toolCallId] : []))
}

function toApprovalId(chat: UiChat): string {
  const part = chat.lastMessage?.parts.find((one) => 'approval' in one)
  return part !== undefined && 'approval' in part ? (part.approval?.id ?? '') : ''
}

function url(path: string): string {
  return `${scene.host.url}/api/ai-sdk/${path}`
}

function post(request: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url('Assistant'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(request),
  })
}

async function load(id: string): Promise<Message[]> {
  const response = await fetch(url(`Assistant/${id}`))
  return ((await response.json()) as { messages: Message[] }).messages
}

/** Resolves when the chat has nothing more to do on its own. */
function waitForText(chat: UiChat): Promise<true> {
  return waitFor(() => (chat.text === '' || chat.status !== 'ready' ? undefined : true))
}

const mapIn = (state: string, told = 'undefined') => `tool-open_map ${state} ${told}`

describe('a tool of the page', () => {
  test('is told to the model, called, carried out, and the same message goes on', async () => {
    const { chat, shown } = open('shown')
    await chat.say('Show Oslo')
    await waitForText(chat)
    const { tools = [] } = scene.model.requests.at(-1)?.body ?? {}
    expect(tools.at(-1)).toMatchObject({
      function: { name: 'open_map', description: openMap.description, parameters: inputSchema },
    })
    expect(shown).toEqual(['Oslo'])
    expect(toLines(chat.lastMessage)).toEqual([
      'step-start',
      mapIn('output-available', '"Oslo is shown"'),
      'step-start',
      'text There it is.',
    ])
    expect(chat.messages).toHaveLength(2)
    expect(await chat.say('Hello')).toBe('You said: Hello')
    expect((await load('shown')).map(toLines)).toEqual(chat.messages.map(toLines))
  })

  test('may be called beside others of its own and of the agent', async () => {
    const { chat, shown } = open('both')
    await chat.say('Show both')
    await waitForText(chat)
    expect(shown).toEqual(['Oslo', 'Bergen'])
    expect(toLines(chat.lastMessage).slice(1, 4)).toEqual([
      mapIn('output-available', '"Oslo is shown"'),
      'tool-work output-available "both by work"',
      mapIn('output-available', '"Bergen is shown"'),
    ])
    expect(await scene.effectsOf('both')).toEqual(['start work 1', 'end work 1'])
  })

  test('may be called again by the same run, and by a reader who comes back only where it is open', async () => {
    const { chat, shown } = open('again')
    await chat.say('Show one by one')
    await waitForText(chat)
    expect(shown).toEqual(['Oslo', 'Bergen'])
    const { id } = chat.messages[0] as Message
    const replayed = await (await fetch(url(`Assistant/again/stream?messageId=${id}`))).text()
    const told = replayed.split('\n\n').filter((line) => line.includes('"tool-input-available"'))
    expect(told).toHaveLength(2)
    for (const line of told) expect(line).toContain('"providerExecuted":true')
  })

  test('whose arguments do not fit is not called', async () => {
    const { chat, shown } = open('unfit')
    await chat.say('Show nothing')
    expect(shown).toEqual([])
    expect(toLines(chat.lastMessage)[1]).toContain('tool-open_map output-error The arguments are not valid.')
    expect(chat.text).toContain('The arguments are not valid.')
  })

  test('that fails is told to the model', async () => {
    const chat = openByHand('failing')
    await chat.say('Show one by one')
    const [toolCallId = ''] = toCallIds(chat)
    const errorText = 'The map is closed.'
    await chat.addToolOutput({ state: 'output-error', tool: 'open_map', toolCallId, errorText })
    await waitFor(() => (toCallIds(chat).length === 2 && chat.status === 'ready' ? true : undefined))
    expect(toLines(chat.lastMessage)[1]).toBe(mapIn('output-error', errorText))
    expect(scene.model.requests.at(-1)?.body.messages.at(-1)?.content).toContain(errorText)
  })
})

describe('a call that is open', () => {
  test('is there for a page that is opened anew, also after its host was killed', async () => {
    const first = openByHand('killed')
    await first.say('Show Oslo')
    expect([first.status, first.error]).toEqual(['ready', undefined])
    const asked = scene.model.requests.length
    await scene.restart()
    const messages = await load('killed')
    expect(toLines(messages.at(-1))).toEqual(toLines(first.lastMessage))
    expect(toLines(messages.at(-1)).at(-1)).toBe(mapIn('input-available'))
    const { chat, shown } = open('killed', { messages })
    await chat.resumeStream()
    await waitForText(chat)
    expect([shown, chat.text]).toEqual([['Oslo'], 'There it is.'])
    expect(chat.messages).toHaveLength(2)
    expect(scene.model.requests).toHaveLength(asked + 1)
  })

  test('is carried out once, when the host is killed while the run goes on with its output', async () => {
    let asked = 0
    scene.book.addRule('Show and speak', () => {
      asked += 1
      if (asked === 1) return callTools(call('open_map', { place: 'Oslo' }))
      return asked === 2 ? { text: 'one two three', holdAfterChunks: 2 } : { text: 'four' }
    })
    const { chat, shown } = open('cut-off')
    const sent = chat.say('Show and speak')
    await waitFor(() => (chat.text === '' ? undefined : true))
    await scene.restart()
    await sent
    await waitFor(() => (chat.status === 'error' ? true : undefined))
    await chat.resumeStream()
    expect([shown, chat.text, asked]).toEqual([['Oslo'], 'four', 3])
    expect(toLines(chat.lastMessage)[1]).toBe(mapIn('output-available', '"Oslo is shown"'))
  })

  test('is carried out by hand on a page that has only loaded it', async () => {
    await openByHand('loaded').say('Show Oslo')
    const chat = openByHand('loaded', { messages: await load('loaded') })
    const [toolCallId = ''] = toCallIds(chat)
    await chat.addToolOutput({ tool: 'open_map', toolCallId, output: { zoom: 3 } })
    await waitForText(chat)
    expect(toLines(chat.lastMessage)[1]).toBe(mapIn('output-available', '{"zoom":3}'))
  })

  test('is told once, when others of its step are reported one by one', async () => {
    const asked: string[] = []
    const { chat } = open('single', { onToolCall: ({ toolCall }) => void asked.push(toolCall.toolCallId) })
    await chat.say('Show both')
    const [oslo = '', , bergen = ''] = toCallIds(chat)
    await chat.addToolOutput({ tool: 'open_map', toolCallId: oslo, output: 1 })
    await chat.sendMessage()
    expect(toLines(chat.lastMessage).slice(1)).toEqual([
      mapIn('output-available', '1'),
      'tool-work output-available "both by work"',
      mapIn('input-available'),
    ])
    expect((await load('single')).map(toLines)).toEqual(chat.messages.map(toLines))
    await chat.addToolOutput({ tool: 'open_map', toolCallId: bergen, output: undefined })
    await waitForText(chat)
    expect(chat.text).toBe('Tools: 1 | both by work | null')
    expect(asked).toEqual([oslo, bergen])
  })

  test('keeps other messages waiting, unless they take its place', async () => {
    const chat = openByHand('waiting')
    await chat.say('Show Oslo')
    await chat.say('Hello')
    expect([chat.status, chat.error?.message]).toEqual(['error', expect.stringContaining('session_busy')])
    await chat.sendMessage({ text: 'Hello' }, { body: { onBusy: 'interrupt' } })
    expect(chat.text).toContain('You said: Hello')
  })

  test('is what a page comes back to, whatever waits behind it', async () => {
    await openByHand('behind').say('Show Oslo')
    await scene.api.run({ message: 'Hello', sessionId: 'behind', waitForResponse: false })
    const { chat, shown } = open('behind')
    await chat.resumeStream()
    await waitForText(chat)
    expect([shown, chat.text]).toEqual([['Oslo'], 'There it is.'])
  })

  test('that was carried out too late does not keep the page from saying something else', async () => {
    const chat = openByHand('late')
    await chat.say('Show Oslo')
    const [toolCallId = ''] = toCallIds(chat)
    const { id: run } = chat.messages[0] as Message
    await scene.api.cancel('late', run)
    await scene.api.waitForOutcome('late', run)
    await chat.addToolOutput({ tool: 'open_map', toolCallId, output: 'shown' })
    await waitFor(() => (chat.status === 'error' ? true : undefined))
    expect(chat.error?.message).toContain('result_already_reported')
    expect(await chat.say('Hello')).toBe('You said: Hello')
  })

  test('beside an approval is reported alone at most once, and both let the run go on', async () => {
    const { chat, shown } = open('approved')
    await chat.say('Show and refund')
    const isReported = () => chat.chunks.filter(({ type }) => type === 'finish').length === 2
    await waitFor(() => (isReported() && chat.status === 'ready' ? true : undefined))
    expect(toLines(chat.lastMessage).slice(1)).toEqual([
      mapIn('output-available', '"Oslo is shown"'),
      'tool-refund approval-requested undefined',
    ])
    await chat.addToolApprovalResponse({ id: toApprovalId(chat), approved: true })
    await waitForText(chat)
    expect(chat.text).toBe('Tools: Oslo is shown | 250 for 7')
    expect(shown).toEqual(['Oslo'])
    expect(chat.chunks.filter(({ type }) => type === 'start')).toHaveLength(3)
  })

  test('may be answered together with an approval', async () => {
    const chat = openByHand('together')
    await chat.say('Show and refund')
    const [toolCallId = ''] = toCallIds(chat)
    await chat.addToolApprovalResponse({ id: toApprovalId(chat), approved: false })
    await chat.addToolOutput({ tool: 'open_map', toolCallId, output: 'shown' })
    await waitForText(chat)
    expect(toLines(chat.lastMessage).slice(1, 3)).toEqual([
      mapIn('output-available', '"shown"'),
      'tool-refund output-denied undefined',
    ])
  })
})

describe('a next message', () => {
  /** A page whose outputs go with the next message, and the ids of what it is asked to do. */
  async function ask(id: string, text: string) {
    const chat = openByHand(id, { sendAutomaticallyWhen: () => false })
    await chat.say(text)
    const report = (toolCallId = '', output = 'shown') =>
      chat.addToolOutput({ tool: 'open_map', toolCallId, output })
    return { chat, report, callIds: toCallIds(chat) }
  }

  /** How often the model was asked in a conversation that began so. */
  function countAsked(text: string): number {
    return scene.model.requests.filter((one) => JSON.stringify(one.body.messages).includes(text)).length
  }

  test('that brings what came of the calls takes the place of an answer to that', async () => {
    const { chat, report, callIds } = await ask('moved-on', 'Show and move on')
    await report(callIds[0])
    expect(await chat.say('Hello')).toBe('You said: Hello')
    expect(countAsked('Show and move on')).toBe(2)
    const shown = scene.model.requests.findLast(
      ({ body: { messages } }) => messages.at(-1)?.content === 'Hello',
    )
    expect(shown?.body.messages.slice(-3)).toMatchObject([
      { role: 'assistant', tool_calls: [{}] },
      { role: 'tool', content: 'shown' },
      { role: 'user', content: 'Hello' },
    ])
    const lines = [['text Show and move on'], ['step-start', mapIn('output-available', '"shown"')]]
    expect((await load('moved-on')).map(toLines)).toEqual([...lines, ...chat.messages.slice(2).map(toLines)])
    const sent = { ...body, id: chat.id, messages: chat.messages.slice(0, -1) }
    expect(await (await post(sent)).text()).toContain('You said: Hello')
    expect(countAsked('Show and move on')).toBe(2)
  })

  test('that brings only a part of it is refused, and nothing is taken, unless it interrupts', async () => {
    const { chat, report, callIds } = await ask('part', 'Show both')
    await report(callIds[0])
    await chat.say('Hello')
    expect([chat.status, chat.error?.message]).toEqual(['error', expect.stringContaining('session_busy')])
    expect((await scene.api.state('part')).body.toolCalls).toHaveLength(2)
    await chat.sendMessage({ text: 'Bye' }, { body: { onBusy: 'interrupt' } })
    expect(chat.text).toContain('You said: ')
    const told = scene.model.requests.at(-1)?.body.messages.filter(({ role }) => role === 'tool')
    expect(told?.map(({ content }) => content)).toEqual([
      'shown',
      'both by work',
      expect.stringContaining('cancelled'),
    ])
  })

  test('waits for what was approved, although it brings all that was asked', async () => {
    const { chat, report, callIds } = await ask('approved-too', 'Show and refund')
    await report(callIds[0])
    const id = toApprovalId(chat)
    await chat.say('Hello')
    expect(chat.error?.message).toContain('session_busy')
    const messages = chat.messages.map((message) => ({
      ...message,
      parts: message.parts.map((part) =>
        'approval' in part
          ? { ...part, state: 'approval-responded', approval: { id, approved: true } }
          : part,
      ),
    }))
    expect(await (await post({ id: chat.id, messages })).text()).toContain('You said: Hello')
    expect((await load('approved-too')).map((message) => toLines(message).at(-1))).toEqual([
      'text Show and refund',
      'text Tools: shown | 250 for 7',
      'text Hello',
      'text You said: Hello',
    ])
  })
})

describe('an output', () => {
  /** What a page sends that has carried a call out. */
  async function carryOut(id: string, headers: Record<string, string> = {}) {
    const chat = openByHand(id, { headers })
    await chat.say('Show Oslo')
    const [toolCallId] = toCallIds(chat)
    const toPart = (output: unknown) => ({
      type: 'tool-open_map',
      toolCallId,
      state: 'output-available',
      output,
    })
    const toRequest = (output: unknown, more: object = {}) => {
      const answer = { ...chat.lastMessage, parts: [{ ...toPart(output), ...more }] }
      return { id, messages: [...chat.messages.slice(0, 1), answer] }
    }
    return { chat, toRequest }
  }

  test('that is sent again gives the same, and another one is refused', async () => {
    const { toRequest } = await carryOut('repeated')
    const asked = scene.model.requests.length
    const first = await (await post(toRequest({ a: 1, b: 2 }))).text()
    expect(first).toContain('There it is.')
    expect(await (await post(toRequest({ b: 2, a: 1 }))).text()).toBe(first)
    expect(scene.model.requests).toHaveLength(asked + 1)
    const other = await post(toRequest('other'))
    expect([other.status, await other.json()]).toMatchObject([
      409,
      { code: 'result_already_reported', issues: [{ path: 'messages.1.parts.0.toolCallId' }] },
    ])
    const dynamic = { type: 'dynamic-tool', toolName: 'open_map', output: undefined }
    const failed = await post(toRequest(1, { ...dynamic, state: 'output-error', errorText: 'No.' }))
    expect(failed.status).toBe(409)
  })

  test('that came before the run waited for it is told as done, also to who sends it again', async () => {
    const calls = [call('open_map', { place: 'Oslo' }), call('work', { id: 'early', gate: 'early' })]
    scene.book.add('Show early', callTools(...calls, call('refund', { order: 7, amount: 250 })))
    const sent = openByHand('early').say('Show early')
    await scene.waitForWork('early')
    const messages = await load('early')
    const early = openByHand('early', { messages })
    const [toolCallId = ''] = toCallIds(early)
    await early.addToolOutput({ tool: 'open_map', toolCallId, output: 'shown' })
    const again = structuredClone(early.messages)
    await waitFor(async () =>
      (await scene.api.state('early')).body.toolCalls === undefined ? true : undefined,
    )
    await scene.openGate('early')
    await sent
    const retold = await (await post({ id: 'early', messages: again })).text()
    expect(retold).toContain('"tool-output-available","output":"shown"')
    expect(toLines(early.lastMessage).at(-1)).toBe('tool-refund approval-requested undefined')
  })

  test("for somebody else's run is 404, also ahead of a message", async () => {
    const { toRequest } = await carryOut('anns', { 'x-user': 'ann' })
    const { id, messages } = toRequest('forged')
    const said = { id: 'bobs', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
    for (const forged of [messages, [...messages, said]])
      expect((await post({ id, messages: forged }, { 'x-user': 'bob' })).status).toBe(404)
    const own = await post(toRequest('shown'), { 'x-user': 'ann' })
    expect(await own.text()).toContain('There it is.')
  })

  test('is not read from what is history', async () => {
    const { chat, toRequest } = await carryOut('history')
    await (await post(toRequest('shown'))).text()
    const { messages } = toRequest('forged')
    const said = { id: 'next', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
    const answer = await post({ id: chat.id, messages: [...messages, said] })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('You said: Hello')])
  })

  test.each(['message-1', 'answer-', 'answer-a/b'])(
    'in a message that is none of ours (%s) is nothing that anybody waits for',
    async (id) => {
      const parts = [{ type: 'tool-x', toolCallId: 'x', state: 'output-available', output: 1 }]
      const messages = [{ id, role: 'assistant', parts }]
      const refused = await post({ id: 'foreign', messages })
      expect([refused.status, await refused.json()]).toMatchObject([400, { issues: [{ path: 'messages' }] }])
      const said = { id: `m-${id.length}`, role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
      expect((await post({ id: 'foreign', messages: [...messages, said] })).status).toBe(200)
    },
  )

  test('of a call that is not there is 404, and so is one of the tools of the agent', async () => {
    const { toRequest } = await carryOut('stray')
    expect((await post(toRequest('shown', { toolCallId: 'other' }))).status).toBe(404)
    expect((await post({ ...toRequest('shown'), id: 'shown' })).status).toBe(404)
    const chat = openByHand('forged')
    await chat.say('Show and refund')
    const parts = chat.lastMessage?.parts.filter(({ type }) => type === 'tool-refund') ?? []
    const forged = parts.map((part) => ({
      ...part,
      providerExecuted: false,
      state: 'output-available',
      output: 'Refunded',
    }))
    const refused = await post({ id: chat.id, message: { ...chat.lastMessage, parts: forged } })
    expect([refused.status, await refused.json()]).toMatchObject([
      404,
      { issues: [{ path: 'message.parts.0.toolCallId' }] },
    ])
  })

  test.each([
    ['messages.1.parts.0.toolCallId', { toolCallId: 1 }],
    ['messages.1.parts.0.errorText', { state: 'output-error' }],
    ['messages', { state: 'input-available' }],
    ['messages', { preliminary: true }],
    ['messages', { providerExecuted: true }],
  ])('that is none is refused by name: %s', async (path, fields) => {
    const { toRequest } = await carryOut(JSON.stringify(fields))
    const refused = await post(toRequest('shown', fields))
    expect([refused.status, await refused.json()]).toMatchObject([400, { issues: [{ path }] }])
  })
})

describe('tools', () => {
  const named = (tool: object) => ({ tools: { open_map: tool } })

  test.each([
    ['a list', { tools: [{ name: 'open_map', ...openMap }] }],
    ['what assistant-ui sends', named({ description: openMap.description, parameters: inputSchema })],
    ['a tool of the AI SDK', named({ ...openMap, inputSchema: jsonSchema(inputSchema as object) })],
    ['a schema of zod', named({ ...openMap, inputSchema: z.toJSONSchema(z.object({ place: z.string() })) })],
  ])('may be given as %s', async (what, given) => {
    const chat = openByHand(what.replaceAll(' ', '-'), { body: given })
    await chat.say('Show Oslo')
    expect(toLines(chat.lastMessage)).toEqual(['step-start', mapIn('input-available')])
    const { tools = [] } = scene.model.requests.at(-1)?.body ?? {}
    expect(tools.at(-1)).toMatchObject({
      function: { name: 'open_map', description: openMap.description, parameters: inputSchema },
    })
  })

  test.each([
    ['tools', { tools: 'open_map' }],
    ['tools.0.name', { tools: [openMap] }],
    ['tools.0.name', { tools: [{ ...openMap, name: 'open map' }] }],
    ['tools.1.name', { tools: [1, 2].map(() => ({ ...openMap, name: 'open_map' })) }],
    ['tools.refund', { tools: { refund: openMap } }],
    ['tools.open map', { tools: { 'open map': openMap } }],
    ['tools.open_map', named('x' as never)],
    ['tools.open_map.execute', named({ ...openMap, execute: 'rm' })],
    ['tools.open_map.inputSchema.type', named({ inputSchema: { type: 'string' } })],
    ['tools.open_map.inputSchema', named({ inputSchema: z.object({ place: z.string() }) })],
    ['tools.open_map.inputSchema.properties', named({ inputSchema: { type: 'object', properties: 1 } })],
    [
      'tools.open_map.inputSchema.jsonSchema.properties',
      named({ inputSchema: { jsonSchema: { type: 'object', properties: 1 } } }),
    ],
    ['tools.open_map.parameters', named({ ...openMap, parameters: inputSchema })],
    ['tools.open_map.parameters.type', named({ parameters: {} })],
    ['tools', { ...body, onBusy: 'steer' }],
    ['tools', { tools: Object.fromEntries(Array.from({ length: 129 }, (_none, n) => [`t${n}`, openMap])) }],
  ])('that cannot be used are refused by name: %s', async (path, fields) => {
    const messages = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
    const refused = await post({ id: 'refused', messages, ...fields })
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { issues: expect.arrayContaining([expect.objectContaining({ path })]) },
    ])
    expect((await fetch(url('Assistant/refused'))).status).toBe(404)
  })
})
