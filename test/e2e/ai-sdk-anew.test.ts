import { lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { type Message, toText, UiChat, type UiChatOptions } from '../support/ui-chat.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene
/** How often the model was asked by the message `Count`. */
let counted = 0

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.addRule('Count', () => {
    counted += 1
    return { text: String(counted) }
  })
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

function open(id: string, options: Partial<UiChatOptions> = {}): UiChat {
  return new UiChat({ url: scene.host.url, id, ...options })
}

/** A chat that was opened anew. */
async function reopen(id: string): Promise<UiChat> {
  return open(id, { messages: await load(id) })
}

/** A chat in which these texts were said, and each answered. */
async function converse(id: string, ...texts: readonly string[]): Promise<UiChat> {
  const chat = open(id)
  for (const text of texts) await chat.say(text)
  return chat
}

async function load(id: string): Promise<Message[]> {
  const response = await fetch(`${scene.host.url}/api/ai-sdk/Assistant/${id}`)
  return ((await response.json()) as { messages: Message[] }).messages
}

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${scene.host.url}/api/ai-sdk/Assistant`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function postAll(body: unknown, headers: Record<string, string> = {}): Promise<string> {
  return (await (await post(body, headers)).text()).replaceAll(': alive\n\n', '')
}

async function refusal(body: unknown, headers: Record<string, string> = {}) {
  const refused = await post(body, headers)
  const { code, issues = [] } = (await refused.json()) as { code: string; issues?: { path: string }[] }
  return [refused.status, code, ...issues.map(({ path }) => path)]
}

const regenerate = 'regenerate-message'

function says(text: string, id: string) {
  return { id, role: 'user', parts: [{ type: 'text', text }] }
}

function at(chat: UiChat, index: number): Message {
  const message = chat.messages.at(index)
  if (message === undefined) throw new Error(`There is no message ${index}.`)
  return message
}

/** What is said in a conversation, and under which ids. */
function toSaid(messages: readonly Message[]): readonly (readonly [string, string])[] {
  return messages.map((message) => [message.id, toText(message)])
}

/** What the model was told of by its newest request. */
function lastShown(): readonly unknown[] {
  return scene.model.requests.at(-1)?.body.messages.map(({ content }) => content) ?? []
}

/** The page and the server have the same conversation. */
async function expectSame(chat: UiChat): Promise<void> {
  expect([chat.status, chat.error]).toEqual(['ready', undefined])
  expect(toSaid(await load(chat.id))).toEqual(toSaid(chat.messages))
}

describe('an answer that is wanted anew', () => {
  test('takes the place of the one there is, again and again, also after the page was opened anew', async () => {
    const chat = await converse('anew', 'Hello', 'Count')
    const first = chat.text
    await chat.regenerate()
    await chat.regenerate({ messageId: at(chat, -1).id })
    expect(Number(chat.text)).toBe(Number(first) + 2)
    expect(lastShown()).toEqual(['Hello', 'You said: Hello', 'Count'])
    await expectSame(chat)
    const page = await reopen('anew')
    await page.regenerate()
    await page.regenerate({ messageId: at(page, -2).id })
    expect(Number(page.text)).toBe(Number(first) + 4)
    await expectSame(page)
    expect(await page.say('And?')).toBe('You said: And?')
    expect(lastShown()).toEqual(['Hello', 'You said: Hello', 'Count', `${Number(first) + 4}`, 'And?'])
  })

  test('in the middle takes back what was said since', async () => {
    const chat = await converse('middle', 'One', 'Two', 'Three')
    await chat.regenerate({ messageId: at(chat, 1).id })
    expect(chat.messages.map(toText)).toEqual(['One', 'You said: One'])
    await expectSame(chat)
  })

  test('is found far back', async () => {
    const texts = Array.from({ length: 12 }, (_none, index) => `Say ${index}`)
    const chat = await converse('far', ...texts)
    await chat.regenerate({ messageId: at(chat, 2).id })
    expect(chat.messages).toHaveLength(4)
    await expectSame(chat)
  })

  test('is made once, however often that is asked', async () => {
    const chat = await converse('once', 'Count')
    const messages = chat.messages.slice(0, 1)
    const body = { id: 'once', messages, trigger: regenerate, messageId: at(chat, 1).id }
    const before = counted
    const [first, ...others] = await Promise.all([body, body, body].map((one) => postAll(one)))
    expect(new Set(others)).toEqual(new Set([first]))
    expect(await postAll(body)).toBe(first)
    const newer = { ...body, messageId: `${body.messageId}~2` }
    const second = await postAll(newer)
    expect(counted).toBe(before + 2)
    expect(await postAll(newer)).toBe(second)
    expect(await postAll(body), 'is the newest for a page that has missed one').toBe(second)
    const keyed = { ...body, messageId: undefined }
    const third = await postAll(keyed, { 'idempotency-key': 'key-1' })
    expect(await postAll(keyed, { 'idempotency-key': 'key-1' })).toBe(third)
    expect(counted).toBe(before + 3)
    expect(toSaid(await load('once'))).toEqual([
      [messages[0]?.id, 'Count'],
      ['answer-key-1', `${before + 3}`],
    ])
    await chat.regenerate()
    expect(counted).toBe(before + 4)
    await expectSame(chat)
  })

  test('is told as it is being made, and is the one that a page comes back to', async () => {
    scene.book.add('Slow', { toolCalls: [call('work', { id: 'slow', gate: 'slow' })] })
    const chat = open('made')
    const sent = chat.say('Slow')
    await scene.waitForWork('slow')
    const page = await reopen('made')
    const again = page.regenerate()
    await waitFor(() => (page.lastMessage?.role === 'assistant' ? true : undefined))
    await scene.openGate('slow')
    await Promise.all([sent, again])
    expect(toSaid(page.messages)).toEqual(toSaid(chat.messages))
    expect(await scene.effectsOf('slow')).toHaveLength(2)
    await expectSame(chat)
  })

  test('is told after its host was killed while it was made, and was made once', async () => {
    const killed = await RunScene.set(bed)
    const work = call('work', { id: 'k', gate: 'k' })
    let asked = 0
    killed.book.addRule('Work', () => {
      asked += 1
      if (asked === 1) return { text: 'First' }
      return asked === 2 ? callTools(work) : { text: 'Second' }
    })
    const chat = new UiChat({ url: killed.host.url, id: 'killed' })
    await chat.say('Hello')
    await chat.say('Work')
    const messages = structuredClone(chat.messages)
    const [, , , answer] = messages
    const lost = chat.regenerate({ messageId: answer?.id ?? '' })
    await killed.waitForWork('k')
    await killed.restart(() => killed.openGate('k'))
    await lost
    expect(chat.status).toBe('error')
    chat.messages = messages
    await chat.regenerate({ messageId: answer?.id ?? '' })
    expect([chat.status, chat.text]).toEqual(['ready', 'Second'])
    expect(asked).toBe(3)
    const page = new UiChat({ url: killed.host.url, id: 'killed' })
    await page.resumeStream()
    expect(toSaid(page.messages)).toEqual(toSaid(chat.messages.slice(-1)))
    const response = await fetch(`${killed.host.url}/api/ai-sdk/Assistant/killed`)
    const { messages: loaded } = (await response.json()) as { messages: Message[] }
    expect(toSaid(loaded)).toEqual(toSaid(chat.messages))
    await killed.host.stop()
  })

  test('is made where there was none, because the model failed', async () => {
    let isBroken = true
    scene.book.addRule('Try', () =>
      isBroken ? { error: { status: 400, body: { error: { message: 'secret' } } } } : { text: 'Now' },
    )
    const chat = await converse('failed', 'Try')
    expect(chat.status).toBe('error')
    expect(chat.error?.message).not.toContain('secret')
    expect(chat.lastMessage?.metadata).toMatchObject({ error: { code: 'model_error' } })
    isBroken = false
    await chat.regenerate()
    expect(chat.text).toBe('Now')
    expect(lastShown()).toEqual(['Try'])
    await expectSame(chat)
    const retold = await fetch(
      `${scene.host.url}/api/ai-sdk/Assistant/failed/stream?messageId=${at(chat, 0).id}`,
    )
    expect(await retold.text()).toContain('Now')
  })

  test('is made where it was stopped', async () => {
    scene.book.add('Stop', { toolCalls: [call('work', { id: 'stop', gate: 'stop' })] })
    const chat = open('stopped')
    const sent = chat.say('Stop')
    await scene.waitForWork('stop')
    scene.book.add('Stop', { text: 'On' })
    const page = await reopen('stopped')
    await scene.api.cancel('stopped', at(chat, 0).id)
    await page.regenerate()
    await sent
    expect(page.text).toBe('On')
    await expectSame(page)
  })

  test('does not take away a question, but asks it again', async () => {
    const sendAutomaticallyWhen = lastAssistantMessageIsCompleteWithApprovalResponses
    const chat = open('asked', { sendAutomaticallyWhen })
    await chat.say('Refund order 7')
    const asked = structuredClone(chat.messages)
    await chat.regenerate()
    expect(chat.messages).toEqual(asked)
    const part = chat.lastMessage?.parts.at(-1)
    const id = part !== undefined && 'approval' in part ? (part.approval?.id ?? '') : ''
    await chat.addToolApprovalResponse({ id, approved: true })
    await waitFor(() => (chat.text === '' || chat.status !== 'ready' ? undefined : true))
    await chat.regenerate()
    const anew = chat.lastMessage?.parts.at(-1)
    expect(anew).toMatchObject({
      state: 'approval-requested',
      approval: { id: expect.not.stringMatching(id) },
    })
    await expectSame(chat)
  })

  test('is to all that was said with it, with the files that the page does not send again', async () => {
    const large = `data:image/png;base64,${'A'.repeat(40_000)}`
    const file = { type: 'file', mediaType: 'image/png', url: large }
    const two = [
      says('One', 'w-1'),
      { id: 'w-2', role: 'user', parts: [file, { type: 'text', text: 'Two' }] },
    ]
    await postAll({ id: 'with', messages: two })
    await postAll({ id: 'with', messages: [says('Two', 'w-2')], trigger: regenerate })
    const [first, second] = lastShown()
    expect(first).toBe('One')
    expect(second).toMatchObject([{ image_url: { url: large } }, { text: 'Two' }])
    const loaded = await load('with')
    expect(loaded.map(({ id }) => id)).toEqual(['w-1', 'w-2', 'answer-w-2~2'])
    expect(loaded[1]?.parts).toEqual(two[1]?.parts)
  })

  test('is to what the page shows, when an edit of it was lost', async () => {
    const chat = await converse('lost', 'One')
    const { id } = at(chat, 0)
    chat.messages = [says('Uno', id) as Message]
    await chat.regenerate()
    expect(chat.text).toBe('You said: Uno')
    await expectSame(chat)
  })

  test('does not take away what the page is to do, but asks for it again', async () => {
    const tools = { open_map: { inputSchema: { type: 'object', properties: {} } } }
    scene.book.add('Show', callTools(call('open_map', {})))
    const asked: string[] = []
    const chat = open('shown', {
      body: { tools },
      onToolCall: ({ toolCall: { toolCallId } }) => void asked.push(toolCallId),
    })
    await chat.say('Show')
    await chat.regenerate()
    expect(asked).toEqual([asked[0], asked[0]])
    const [toolCallId = ''] = asked
    await chat.addToolOutput({ tool: 'open_map', toolCallId, output: 'Shown' })
    await chat.sendMessage()
    expect(chat.text).toBe('Tools: Shown')
    await chat.regenerate()
    expect(asked).toHaveLength(3)
    await chat.sendMessage({ text: 'Hello', messageId: at(chat, 0).id })
    expect(chat.text).toBe('You said: Hello')
    await expectSame(chat)
  })

  test('is that of a message which never arrived', async () => {
    expect(await postAll({ id: 'never', messages: [says('Hi', 'n-1')], trigger: regenerate })).toContain('Hi')
    expect((await load('never')).map(({ id }) => id)).toEqual(['n-1', 'answer-n-1'])
  })

  test('is found under a message id that leaves no room', async () => {
    const id = 'x'.repeat(128)
    const chat = open('long')
    await chat.sendMessage({ id, role: 'user', parts: [{ type: 'text', text: 'Count' }] })
    const first = chat.text
    await chat.regenerate()
    await chat.regenerate()
    expect(Number(chat.text)).toBe(Number(first) + 2)
    await expectSame(chat)
  })
})

describe('a message that is edited', () => {
  test('takes the place of the earlier wording, and what was said since is gone', async () => {
    const chat = await converse('edited', 'One', 'Two', 'Three')
    const { id: messageId } = at(chat, 2)
    await chat.sendMessage({ text: 'Zwei', messageId })
    expect(lastShown()).toEqual(['One', 'You said: One', 'Zwei'])
    expect(toSaid(chat.messages).slice(2)).toEqual([
      [messageId, 'Zwei'],
      [`answer-${messageId}~2`, 'You said: Zwei'],
    ])
    await expectSame(chat)
    await chat.sendMessage({ text: 'Two', messageId })
    await chat.regenerate()
    expect(chat.text).toBe('You said: Two')
    await expectSame(chat)
    const page = await reopen('edited')
    await page.sendMessage({ text: 'Deux', messageId })
    expect(await page.say('Trois')).toBe('You said: Trois')
    await expectSame(page)
    expect(page.messages).toHaveLength(6)
  })

  test('is said once, however often it is sent', async () => {
    const chat = await converse('edited-once', 'One')
    const { id } = at(chat, 0)
    const body = { id: chat.id, messages: [says('Count', id)], messageId: id }
    const before = counted
    const [first, ...others] = await Promise.all([body, body].map((one) => postAll(one)))
    expect(others).toEqual([first])
    expect(await postAll(body)).toBe(first)
    expect(counted).toBe(before + 1)
    expect(await load(chat.id)).toHaveLength(2)
  })

  test('in the same words is the same', async () => {
    const png = `data:image/png;base64,${'A'.repeat(40_000)}`
    const chat = open('unedited')
    await chat.say('Count', [{ type: 'file', mediaType: 'image/png', url: png }])
    const before = structuredClone(chat.messages)
    const { id: messageId, parts } = at(chat, 0)
    await chat.sendMessage({ parts, messageId })
    expect(toSaid(chat.messages)).toEqual(toSaid(before))
    await expectSame(chat)
  })

  test('may have another id', async () => {
    const chat = await converse('renamed', 'One')
    const { id: messageId } = at(chat, 0)
    const edited = { id: 'renamed-2', parts: [{ type: 'text' as const, text: 'Uno' }] }
    await chat.sendMessage({ ...edited, messageId })
    expect(toSaid(chat.messages)).toEqual([
      ['renamed-2', 'Uno'],
      ['answer-renamed-2', 'You said: Uno'],
    ])
    await expectSame(chat)
    expect(await refusal({ id: 'renamed', messages: [says('Eins', messageId)], messageId })).toEqual([
      404,
      'not_found',
    ])
  })

  test('stops the answer that is being made, whatever the page says of busy agents', async () => {
    scene.book.add('Edit me', { toolCalls: [call('work', { id: 'edit', gate: 'edit' })] })
    const chat = open('busy', { body: { onBusy: 'steer' } })
    const sent = chat.say('Edit me')
    await scene.waitForWork('edit')
    const page = open('busy', { messages: await load('busy'), body: { onBusy: 'steer' } })
    await page.sendMessage({ text: 'Hello', messageId: at(chat, 0).id })
    expect(page.text).toBe('You said: Hello')
    await sent
    await expectSame(page)
  })

  test('stops one that waits for a human, and is not refused because it does', async () => {
    const before = await scene.effects()
    const chat = await converse('decide', 'Hello', 'Refund order 7')
    await chat.sendMessage({ text: 'Never mind', messageId: at(chat, 2).id })
    await expectSame(chat)
    await chat.sendMessage({ text: 'Refund order 7', messageId: at(chat, 2).id })
    await chat.sendMessage({ text: 'Bye', messageId: at(chat, 0).id })
    expect(chat.messages.map(toText)).toEqual(['Bye', 'You said: Bye'])
    await expectSame(chat)
    expect(await scene.effects()).toEqual(before)
  })

  test('may be one of several that were taken together', async () => {
    await postAll({ id: 'several', messages: [says('One', 's-1'), says('Two', 's-2')] })
    await postAll({ id: 'several', messages: [says('One', 's-1'), says('Zwei', 's-2')], messageId: 's-2' })
    expect((await load('several')).map(toText)).toEqual(['One', 'Zwei', 'You said: Zwei'])
    await postAll({ id: 'several', messages: [says('Eins', 's-1')], messageId: 's-1' })
    expect(toSaid(await load('several'))).toEqual([
      ['s-1', 'Eins'],
      ['answer-s-1', 'You said: Eins'],
    ])
  })

  test('is said for the first time when it never arrived', async () => {
    const messages = [says('Hello', 'first')]
    expect(await postAll({ id: 'unsent-edit', messages, messageId: 'first' })).toContain('You said: Hello')
    expect(await load('unsent-edit')).toHaveLength(2)
  })

  test('may be inherited from another conversation, and be far back', async () => {
    const texts = Array.from({ length: 22 }, (_none, index) => `Say ${index}`)
    await converse('parent', ...texts, 'Count')
    const continues = { sessionId: 'parent' }
    await scene.api.run({ message: 'And', sessionId: 'child', correlationId: 'child-1', continues })
    const page = await reopen('child')
    const before = counted
    const { id: messageId } = at(page, 45)
    await page.regenerate({ messageId })
    expect(page.text).toBe(`${before + 1}`)
    await expectSame(page)
    const messages = page.messages.slice(0, -1)
    await postAll({ id: 'child', messages, trigger: regenerate, messageId })
    expect(counted).toBe(before + 1)
    await page.sendMessage({ text: 'Uno', messageId: at(page, 2).id })
    expect(page.messages.map(toText).slice(2)).toEqual(['Uno', 'You said: Uno'])
    await expectSame(page)
    expect(await load('parent')).toHaveLength(46)
  })

  test('was said on our own routes', async () => {
    await scene.api.run({ message: 'Hello', sessionId: 'own', correlationId: 'own-1' })
    const page = await reopen('own')
    await page.regenerate()
    await page.sendMessage({ text: 'Bye', messageId: at(page, 0).id })
    expect(page.text).toBe('You said: Bye')
    await expectSame(page)
  })
})

describe('what is wrong', () => {
  test('is refused, and takes nothing back', async () => {
    const chat = await converse('wrong', 'One', 'Two')
    await converse('other', 'Else')
    const [one, answerOne, two] = chat.messages as [Message, Message, Message]
    const [, elsewhere] = await load('other')
    const anew = { id: 'wrong', messages: [one, answerOne, two], trigger: regenerate }
    const notFound = [404, 'not_found']
    for (const [body, answer] of [
      [{ ...anew, messageId: 'answer-nobody' }, notFound],
      [{ ...anew, messageId: elsewhere?.id }, notFound],
      [{ ...anew, messageId: answerOne.id }, [400, 'invalid_request', 'messageId']],
      [{ ...anew, messages: [one, answerOne] }, [400, 'invalid_request', 'messages']],
      [{ ...anew, id: 'nowhere', messageId: answerOne.id }, notFound],
      [
        { id: 'wrong', messages: [says('x', 'new')], messageId: 'a/b' },
        [400, 'invalid_request', 'messageId'],
      ],
      [{ id: 'wrong', messages: [says('x', 'new')], messageId: '' }, [400, 'invalid_request', 'messageId']],
      [{ id: 'wrong', messages: [two], messageId: 7 }, [400, 'invalid_request', 'messageId']],
    ] as const) {
      expect(await refusal(body)).toEqual(answer)
    }
    await expectSame(chat)
  })

  test('is what a page wants of a message that another page has taken back', async () => {
    const chat = await converse('stale', 'One', 'Two')
    const page = await reopen('stale')
    await page.sendMessage({ text: 'Uno', messageId: at(page, 0).id })
    await chat.regenerate()
    expect([chat.status, chat.error?.message]).toEqual(['error', expect.stringContaining('not_found')])
    await expectSame(page)
  })

  test('is to take the place of a message that has joined another one', async () => {
    scene.book.add('Join', { toolCalls: [call('work', { id: 'join', gate: 'join' })] })
    const first = postAll({ id: 'joined', messages: [says('Join', 'j-1')] })
    await scene.waitForWork('join')
    const second = postAll({ id: 'joined', messages: [says('Me', 'j-2')], onBusy: 'steer' })
    await waitFor(async () => ((await scene.api.outcome('joined', 'j-2')).status === 202 ? true : undefined))
    await scene.openGate('join')
    await Promise.all([first, second])
    const anew = { id: 'joined', messages: [says('Me', 'j-2')], trigger: regenerate }
    expect(await refusal(anew)).toEqual([409, 'run_joined'])
    expect(
      await refusal({ ...anew, trigger: 'submit-message', messages: [says('You', 'j-2')], messageId: 'j-2' }),
    ).toEqual([409, 'run_joined'])
    expect(await postAll({ ...anew, messages: [says('Join', 'j-1')] })).toContain('answer-j-1~2')
    expect((await load('joined')).map(({ id }) => id)).toEqual(['j-1', 'answer-j-1~2'])
  })

  test('is to say anew what somebody else has said', async () => {
    const ann = { 'x-user': 'ann' }
    await postAll({ id: 'anns', messages: [says('My secret', 'a-1')] }, ann)
    for (const body of [
      { id: 'anns', messages: [says('Mine', 'a-1')], messageId: 'a-1' },
      { id: 'anns', messages: [says('Mine', 'a-1')], trigger: regenerate },
      { id: 'anns', messages: [says('Mine', 'a-2')], trigger: regenerate, messageId: 'answer-a-1' },
    ]) {
      const refused = await post(body, { 'x-user': 'bob' })
      expect(refused.status).toBe(404)
      expect(await refused.text()).not.toContain('a-1')
    }
  })
})
