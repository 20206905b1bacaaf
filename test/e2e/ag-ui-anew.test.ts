import { randomUUID } from 'node:crypto'
import type { Message } from '@ag-ui/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AguiClient, type AguiClientOptions, toLines } from '../support/agui-client.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

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

function toUrl({ host } = scene): string {
  return `${host.url}/api/ag-ui/Assistant`
}

/** A client with buttons to have an answer made anew, and to change a message. */
class Page extends AguiClient {
  constructor(threadId: string, options: Partial<AguiClientOptions> = {}) {
    super({ url: toUrl(), threadId, ...options })
  }

  /** The user's message at that place, and what follows it; the last one by default. */
  #cut(index = this.messages.findLastIndex(({ role }) => role === 'user')) {
    const rest = this.messages.slice(index)
    const answer = rest.find(({ role }) => role === 'assistant')
    return { kept: this.messages.slice(0, index), message: rest[0] as Message, answer }
  }

  /** As CopilotKit's `reloadMessages` does it, but that it says so. Gives what was not wanted. */
  async reload(index?: number): Promise<string> {
    const { kept, message, answer = message } = this.#cut(index)
    this.setMessages([...kept, message])
    await this.runAgent({ forwardedProps: { replaces: answer.id } })
    return answer.id
  }

  async edit(content: string, index?: number, id?: string): Promise<void> {
    const { kept, message } = this.#cut(index)
    this.setMessages([...kept, { id: id ?? message.id, role: 'user', content }])
    await this.runAgent({ forwardedProps: { replaces: message.id } })
  }
}

async function load(threadId: string, at = toUrl()): Promise<Message[]> {
  const response = await fetch(`${at}/${threadId}`)
  return ((await response.json()) as { messages: Message[] }).messages
}

async function reopen(threadId: string): Promise<Page> {
  return new Page(threadId, { initialMessages: await load(threadId) })
}

async function converse(threadId: string, ...texts: readonly string[]): Promise<Page> {
  const page = new Page(threadId)
  for (const text of texts) await page.say(text)
  return page
}

/** The page and the server have the same conversation. */
async function expectSame(page: AguiClient): Promise<void> {
  const toSaid = (messages: readonly Message[]) =>
    messages.map(({ id }, index) => [id, toLines(messages)[index]])
  expect(toSaid(await load(page.threadId, page.url))).toEqual(toSaid(page.messages))
}

async function refuse(input: object, headers: Record<string, string> = {}) {
  const response = await fetch(toUrl(), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ runId: randomUUID(), ...input }),
  })
  const { code, issues = [] } = (await response.json()) as { code: string; issues?: { path: string }[] }
  return [response.status, code, ...issues.map(({ path }) => path)]
}

function lastShown(): readonly unknown[] {
  return scene.model.requests.at(-1)?.body.messages.map(({ content }) => content) ?? []
}

describe('an answer that is wanted anew', () => {
  test('takes the place of the one there is, again and again, also on a page that was opened anew', async () => {
    const page = await converse('anew', 'Hello', 'Count')
    const first = Number(page.text)
    await page.reload()
    await page.reload()
    expect(Number(page.text)).toBe(first + 2)
    expect(lastShown()).toEqual(['Hello', 'You said: Hello', 'Count'])
    await expectSame(page)
    const other = await reopen('anew')
    await other.reload()
    expect(Number(other.text)).toBe(first + 3)
    await other.reload(0)
    expect(toLines(other.messages)).toEqual(['user Hello', 'assistant You said: Hello'])
    await expectSame(other)
  })

  test('is told again to who comes back, and who asks again for what was made', async () => {
    const page = await converse('back', 'Count')
    const first = Number(page.text)
    const replaces = await page.reload()
    await page.runAgent()
    page.setMessages(page.messages.slice(0, 1))
    await page.runAgent()
    page.setMessages(page.messages.slice(0, 1))
    await page.runAgent({ forwardedProps: { replaces } })
    expect(Number(page.text)).toBe(first + 1)
    await expectSame(page)
    const runId = randomUUID()
    for (const _time of [1, 2]) {
      page.setMessages(page.messages.slice(0, 1))
      await page.runAgent({ runId, forwardedProps: { replaces: page.messages[0]?.id } })
    }
    expect(Number(page.text)).toBe(first + 2)
    await expectSame(page)
  })

  test('is made once, when two ask for it at the same moment', async () => {
    const one = await converse('two', 'Count')
    const first = Number(one.text)
    const other = await reopen('two')
    await Promise.all([one.reload(), other.reload()])
    expect([one.text, other.text]).toEqual([String(first + 1), String(first + 1)])
    await expectSame(one)
  })

  test('is told as it is being made', async () => {
    scene.book.add('Slow', callTools(call('work', { id: 'slow', gate: 'slow' })))
    const page = new Page('made')
    const sent = page.say('Slow')
    await scene.waitForWork('slow')
    const other = await reopen('made')
    const again = other.reload()
    await waitFor(() => (other.messages.length > 1 ? true : undefined))
    await scene.openGate('slow')
    await Promise.all([sent, again])
    expect(toLines(other.messages)).toEqual(toLines(page.messages))
    expect(await scene.effectsOf('slow')).toHaveLength(2)
  })

  test('is told after its host was killed while it was made, and was made once', async () => {
    const killed = await RunScene.set(bed)
    let asked = 0
    killed.book.addRule('Work', () => {
      asked += 1
      if (asked === 1) return { text: 'First' }
      return asked === 2 ? callTools(call('work', { id: 'k', gate: 'k' })) : { text: 'Second' }
    })
    const page = new Page('killed', { url: toUrl(killed) })
    await page.say('Work')
    const lost = page.reload().catch(() => 'cut off')
    await killed.waitForWork('k')
    await killed.restart(() => killed.openGate('k'))
    await lost
    await page.runAgent()
    expect([page.text, asked]).toEqual(['Second', 3])
    await expectSame(page)
    await killed.host.stop()
  })

  test('does not take away a question, and is made once that was answered', async () => {
    const page = new Page('asked')
    await page.say('Refund order 7')
    const [interrupt] = page.pendingInterrupts
    page.pendingInterrupts = []
    await page.reload()
    expect(page.pendingInterrupts).toEqual([interrupt])
    const interruptId = interrupt?.id ?? ''
    await page.runAgent({ resume: [{ interruptId, status: 'resolved', payload: { approved: true } }] })
    expect(page.text).toBe('Tools: 250 for 7')
    await page.reload()
    const [anew] = page.pendingInterrupts
    expect(anew?.id).not.toBe(interruptId)
    const resume = [{ interruptId: anew?.id ?? '', status: 'cancelled' as const }]
    const { id } = page.messages[0] as Message
    page.setMessages(page.messages.slice(0, 1))
    await page.runAgent({ resume, forwardedProps: { replaces: id } })
    expect(page.pendingInterrupts[0]?.id).not.toBe(anew?.id)
    page.pendingInterrupts = []
    await page.edit('Never mind')
    expect(page.text).toBe('You said: Never mind')
    await expectSame(page)
  })
})

describe('a tool of the page', () => {
  const parameters = { type: 'object', properties: {} }
  const tools = [{ name: 'open_map', description: 'Shows the map.', parameters }]

  test('is called by the new answer too, which goes on with what it gives', async () => {
    scene.book.add('Show', callTools(call('open_map', {})))
    const page = new Page('shown')
    const id = 'question'
    page.addMessage({ id, role: 'user', content: 'Show' })
    const called = new Set<string>()
    for (const forwardedProps of [{}, { replaces: id }, { replaces: id }]) {
      page.setMessages(page.messages.slice(0, 1))
      await page.runAgent({ tools, forwardedProps })
      const [call] = page.messages.flatMap((message) =>
        message.role === 'assistant' ? (message.toolCalls ?? []) : [],
      )
      const toolCallId = call?.id ?? ''
      called.add(toolCallId)
      page.addMessage({ id: randomUUID(), role: 'tool', toolCallId, content: 'Shown' })
      await page.runAgent({ tools, forwardedProps })
      expect(page.text).toBe('Tools: Shown')
      expect(toLines(await load('shown'))).toEqual(toLines(page.messages))
    }
    expect(called.size).toBe(3)
  })
})

describe('a message that is edited', () => {
  test('takes the place of the earlier wording, and what was said since is gone', async () => {
    const page = await converse('edited', 'One', 'Two', 'Three')
    await page.edit('Zwei', 2)
    expect(lastShown()).toEqual(['One', 'You said: One', 'Zwei'])
    await expectSame(page)
    await page.edit('Deux', 2, 'deux')
    expect(await page.say('Trois')).toBe('You said: Trois')
    expect(toLines(page.messages)).toHaveLength(6)
    await expectSame(page)
  })

  test('is no reason to say again what another page has said since, which is told to it', async () => {
    const page = await converse('since', 'One', 'Count')
    const count = page.text
    const stale = new Page('since', { initialMessages: page.messages.slice(0, 3) })
    await page.edit('Uno', 0)
    await stale.runAgent()
    expect(stale.text).toBe(count)
    await expectSame(page)
  })

  test('stops the answer that is being made', async () => {
    scene.book.add('Edit me', callTools(call('work', { id: 'edit', gate: 'edit' })))
    const page = await converse('busy', 'Hello')
    const sent = page.say('Edit me').catch(() => 'stopped')
    await scene.waitForWork('edit')
    const other = await reopen('busy')
    await other.edit('Bye')
    await sent
    expect(other.text).toBe('You said: Bye')
    await expectSame(other)
  })

  test('is inherited from another conversation', async () => {
    await converse('parent', 'One', 'Two')
    const continues = { sessionId: 'parent' }
    await scene.api.run({ message: 'Three', sessionId: 'child', correlationId: 'child-1', continues })
    const page = await reopen('child')
    await page.reload(2)
    expect(toLines(page.messages)).toEqual(toLines((await load('parent')).slice(0, 4)))
    await expectSame(page)
    await page.edit('Uno', 0)
    expect(toLines(page.messages)).toEqual(['user Uno', 'assistant You said: Uno'])
    await expectSame(page)
    expect(await load('parent')).toHaveLength(4)
  })

  test('is far back, or has followed one that failed', async () => {
    const texts = Array.from({ length: 12 }, (_none, index) => `Say ${index}`)
    scene.book.add('Fail', { error: { status: 400, body: {} } })
    const page = await converse('far', 'Fail', ...texts)
    await page.edit('Anew', 1)
    expect(lastShown()).toEqual(['Fail', 'Anew'])
    expect(toLines(page.messages)).toEqual(['user Fail', 'user Anew', 'assistant You said: Anew'])
    await expectSame(page)
  })
})

describe('what is wrong', () => {
  test('is refused, and takes nothing back', async () => {
    const page = await converse('wrong', 'One', 'Two')
    const other = await converse('other', 'Else')
    const [one, answer, two, last] = page.messages
    const path = 'forwardedProps.replaces'
    const known = { threadId: 'wrong', messages: [one, answer, two] }
    for (const [input, refusal] of [
      [{ ...known, forwardedProps: { replaces: 'nobody' } }, [404, 'not_found', path]],
      [{ ...known, forwardedProps: { replaces: other.messages[1]?.id } }, [404, 'not_found', path]],
      [{ ...known, forwardedProps: { replaces: 7 } }, [400, 'invalid_request', path]],
      [{ ...known, forwardedProps: { replaces: '' } }, [400, 'invalid_request', path]],
      [{ ...known, forwardedProps: { replaces: one?.id } }, [400, 'invalid_request', 'messages']],
      [{ ...known, forwardedProps: { replaces: answer?.id } }, [400, 'invalid_request', 'messages']],
      [
        { ...known, messages: [one, answer], forwardedProps: { replaces: answer?.id } },
        [400, 'invalid_request', 'messages'],
      ],
      [
        { ...known, messages: [one], forwardedProps: { replaces: last?.id } },
        [400, 'invalid_request', 'messages'],
      ],
      [{ ...known, threadId: 'nowhere', forwardedProps: { replaces: one?.id } }, [404, 'not_found']],
    ] as const) {
      expect(await refuse(input)).toEqual(refusal)
    }
    await expectSame(page)
  })

  test('is what a page wants of a message that another page has taken back', async () => {
    const page = await converse('stale', 'One', 'Two')
    const stale = await reopen('stale')
    await page.edit('Uno', 0)
    const forwardedProps = { replaces: stale.messages.at(-1)?.id }
    const input = { threadId: 'stale', messages: stale.messages.slice(0, 3), forwardedProps }
    expect(await refuse(input)).toEqual([404, 'not_found', 'forwardedProps.replaces'])
    await expectSame(page)
  })

  test('is to say anew what somebody else has said', async () => {
    const page = new Page('anns', { headers: { 'x-user': 'ann' } })
    await page.say('My secret')
    const messages = page.messages.slice(0, 1)
    const input = { threadId: 'anns', messages, forwardedProps: { replaces: messages[0]?.id } }
    expect(await refuse(input, { 'x-user': 'bob' })).toEqual([404, 'not_found'])
  })

  test('is to take the place of a message that has joined another one', async () => {
    scene.book.add('Join', callTools(call('work', { id: 'join', gate: 'join' })))
    const page = new Page('joined')
    const first = page.say('Join')
    await scene.waitForWork('join')
    const steered = { message: 'Me', sessionId: 'joined', correlationId: 'me', onBusy: 'steer' }
    const second = scene.api.run(steered)
    await waitFor(async () => ((await scene.api.outcome('joined', 'me')).status === 202 ? true : undefined))
    await scene.openGate('join')
    await Promise.all([first, second])
    const messages = [{ id: 'me', role: 'user', content: 'You' }]
    const input = { threadId: 'joined', messages, forwardedProps: { replaces: 'me' } }
    expect(await refuse(input)).toEqual([409, 'run_joined'])
  })
})
