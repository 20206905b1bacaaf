import { describe, expect, test, vi } from 'vitest'
import type { JsonObject } from '../../src/core/json.js'
import { Conversation } from '../../src/web/browser/conversation.js'
import type { ConversationClient } from '../../src/web/browser/conversation-client.js'
import { Outage } from '../../src/web/browser/outage.js'
import { Outbox } from '../../src/web/browser/outbox.js'
import { createBrokenError, toRequestError } from '../../src/web/browser/request-error.js'
import type { RunRecord } from '../../src/web/browser/run-record.js'
import { toMessage } from '../../src/web/browser/turns.js'
import { createGate } from '../support/gate.js'

const address = { agent: 'A', session: 's' }

/** The events of a run that answers a text. */
function toRecords(text: string): readonly RunRecord[] {
  const data: readonly (readonly [string, JsonObject])[] = [
    ['run.accepted', {}],
    ['message.delta', { step: 0, text }],
    ['run.completed', { response: text }],
  ]
  return data.map(([type, fields], id) => ({ id, type, at: '', data: fields }))
}

/** A turn as the history tells it. */
function toEntries(run: string, message = ''): readonly JsonObject[] {
  const said = { role: 'user', content: message, timestamp: '', correlationId: run }
  return [said, { ...said, role: 'assistant', content: `You said: ${message}` }]
}

/** An app with a session that answers each message with its echo; what a test changes about it, it passes. */
function createScene(changes: Partial<ConversationClient> = {}) {
  const story: string[] = []
  const said = new Map<string, string>()
  const history: JsonObject[] = []
  const client: ConversationClient = {
    readSession: async () => ({ conversation_history: history }),
    async sendMessage({ run, message }) {
      story.push(`send ${message}`)
      said.set(run, message)
    },
    async followRun({ run }, after) {
      const message = said.get(run)
      story.push(`follow ${message} after ${after}`)
      history.push(...toEntries(run, message))
      return give(toRecords(`You said: ${message}`).slice(after + 1))
    },
    cancelRun: async () => {},
    decide: async () => {},
    resetSession: async () => {},
    ...changes,
  }
  const kept = new Map<string, string>()
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  }
  const outbox = new Outbox(storage, 'app')
  const problems: unknown[] = []
  let ids = 0
  const outage = new Outage({ pause: async () => {}, onChange: () => {} })
  const createConversation = () =>
    new Conversation({
      client,
      address,
      outbox,
      outage,
      delivery: outage,
      signal: new AbortController().signal,
      whenShown: async () => {},
      createId: () => `run-${++ids}`,
      onChange: () => {},
      onProblem: (error) => problems.push(error),
    })
  return { story, outbox, problems, createConversation, conversation: createConversation() }
}

async function* give(records: readonly RunRecord[]) {
  yield* records
}

/** What was said, and what came of it. */
function outline({ turns }: Conversation): readonly string[] {
  return turns.map(({ view }) => {
    const texts = view.parts.map((part) => (part.kind === 'text' ? part.text : part.kind))
    return `${view.said} ${view.status}: ${texts.join()}${view.problem ?? ''}`
  })
}

async function expectOutline(conversation: Conversation, lines: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(outline(conversation)).toEqual(lines))
}

const gone = () => Promise.reject(toRequestError(404, '{"detail":"Gone.","code":"not_found"}'))

describe('what is to be sent later', () => {
  const later = { correlationId: 'later', message: 'Later' }

  test('is a turn when it has been sent', async () => {
    let isSent = false
    const sendAt = new Date(Date.now() + 50).toISOString()
    const { conversation } = createScene({
      readSession: async () =>
        isSent
          ? { conversation_history: [...toEntries('later', 'Later')], scheduled: [] }
          : { conversation_history: [], scheduled: [{ ...later, sendAt }] },
    })
    await conversation.open()
    expect(conversation.scheduled).toEqual([{ run: 'later', message: 'Later', sendAt }])
    isSent = true
    await vi.waitFor(() => expect(outline(conversation)).toEqual(['Later completed: You said: Later']), 5000)
    expect(conversation.scheduled).toEqual([])
  })

  test('is taken back', async () => {
    const cancelled: unknown[] = []
    const sendAt = '2999-01-01T00:00:00Z'
    const { conversation } = createScene({
      readSession: async () => ({ scheduled: cancelled.length > 0 ? [] : [{ ...later, sendAt }] }),
      cancelRun: async (run) => void cancelled.push(run),
    })
    await conversation.open()
    await conversation.unschedule('later')
    expect(cancelled).toEqual([{ ...address, run: 'later' }])
    expect(conversation.scheduled).toEqual([])
  })
})

describe('a message', () => {
  test('is sent until it has arrived, and its run followed', async () => {
    let tries = 0
    const { conversation, outbox, story } = createScene({
      async sendMessage() {
        tries += 1
        expect(outbox.of('A', 's')).toHaveLength(1)
        if (tries < 3) throw createBrokenError()
      },
    })
    conversation.send('Hi')
    expect(outline(conversation)).toEqual(['Hi sending: '])
    await expectOutline(conversation, ['Hi completed: You said: undefined'])
    expect([tries, story, outbox.of('A', 's')]).toEqual([3, ['follow undefined after -1'], []])
  })

  test('that the app refuses is told to be so, and not sent again', async () => {
    const refuse = () =>
      Promise.reject(toRequestError(413, '{"detail":"Too large.","code":"payload_too_large"}'))
    const { conversation, outbox } = createScene({ sendMessage: refuse })
    conversation.send('Hi')
    await expectOutline(conversation, ['Hi failed: Too large.'])
    expect(outbox.of('A', 's')).toEqual([])
  })

  test('that waits for the one before it is kept meanwhile too', () => {
    const { conversation, outbox } = createScene({ sendMessage: () => createGate().opened })
    conversation.send('One')
    conversation.send('Two')
    expect(outbox.of('A', 's').map(({ message }) => message)).toEqual(['One', 'Two'])
  })

  test('that nobody was let in to send is kept for whoever comes back with a key, until the session is cleared', async () => {
    const { conversation, outbox } = createScene({
      sendMessage: () => Promise.reject(toRequestError(401, '')),
    })
    conversation.send('Hi')
    await vi.waitFor(() => expect(conversation.turns[0]?.view.status).toBe('failed'))
    expect(outbox.of('A', 's')).toMatchObject([{ run: 'run-1', message: 'Hi' }])
    await conversation.reset()
    expect(outbox.of('A', 's')).toEqual([])
  })

  test('that was refused is sent anew in its own place, also in other words', async () => {
    const refuse = () => Promise.reject(toRequestError(429, '{"detail":"Spent.","code":"budget_exhausted"}'))
    const answers = [async () => {}, refuse, async () => {}, refuse, async () => {}]
    const story: unknown[] = []
    let history: readonly JsonObject[] = []
    const { conversation, outbox } = createScene({
      async sendMessage({ run, message, replaces }) {
        await answers.shift()?.()
        story.push([run, replaces])
        history = [...(replaces === undefined ? history : []), ...toEntries(run, message)]
      },
      followRun: async () => give(toRecords('Well')),
      readSession: async () => ({ conversation_history: history }),
    })
    conversation.send('One')
    await expectOutline(conversation, ['One completed: Well'])
    conversation.send('Two')
    await expectOutline(conversation, ['One completed: Well', 'Two failed: Spent.'])
    expect(outbox.of('A', 's'), 'it is kept').toMatchObject([{ run: 'run-2', message: 'Two' }])
    expect(conversation.turns.slice(1).map(toMessage)).toEqual(['Two'])
    conversation.send('Too', 'run-2')
    await expectOutline(conversation, ['One completed: Well', 'Too completed: Well'])
    conversation.send('1', 'run-1')
    await expectOutline(conversation, ['One completed: Well', 'Too completed: Well', '1 failed: Spent.'])
    conversation.send('First', 'run-4')
    await expectOutline(conversation, ['First completed: Well'])
    expect(story).toEqual([
      ['run-1', undefined],
      ['run-3', undefined],
      ['run-5', 'run-1'],
    ])
    expect(outbox.of('A', 's')).toEqual([])
  })

  test('that an earlier page could not send is sent by the next, under its id', async () => {
    const { createConversation, outbox, story } = createScene()
    outbox.put({ ...address, run: 'earlier', message: 'Hi' })
    const conversation = createConversation()
    await conversation.open()
    await expectOutline(conversation, ['Hi completed: You said: Hi'])
    expect([conversation.turns[0]?.run, story]).toEqual(['earlier', ['send Hi', 'follow Hi after -1']])
  })

  test('that the app has had all the time is not sent again', async () => {
    const history = [{ role: 'user', content: 'Hi', timestamp: '', correlationId: 'earlier' }]
    const { createConversation, outbox, story } = createScene({
      readSession: async () => ({ conversation_history: history }),
    })
    outbox.put({ ...address, run: 'earlier', message: 'Hi' })
    const conversation = createConversation()
    await conversation.open()
    await vi.waitFor(() => expect(conversation.turns[0]?.view.status).toBe('completed'))
    expect(story).toEqual(['follow undefined after -1'])
    expect(outbox.of('A', 's')).toEqual([])
  })

  test('stays what it has become when the app says late that it has it', async () => {
    const arrived = createGate()
    const answered = createGate()
    const { conversation, story } = createScene({
      async sendMessage() {
        arrived.open()
        await answered.opened
      },
      readSession: async () => ({
        conversation_history: [{ role: 'user', content: 'Hi', timestamp: '', correlationId: 'run-1' }],
      }),
    })
    conversation.send('Hi')
    await arrived.opened
    await conversation.refresh()
    await expectOutline(conversation, ['Hi completed: You said: undefined'])
    answered.open()
    await answered.opened
    await expectOutline(conversation, ['Hi completed: You said: undefined'])
    expect(story).toEqual(['follow undefined after -1'])
  })
})

describe('a message in the place of another one', () => {
  const three = ['1', '2', '3'].flatMap((run) => toEntries(run, run))

  /** A conversation of three turns with an app that lets messages take their places, once it has let them in. */
  async function open(letIn: () => Promise<unknown> = async () => {}) {
    let history = three
    const scene = createScene({
      readSession: async () => ({ conversation_history: history }),
      async sendMessage({ run, message, replaces }) {
        await letIn()
        const place = history.findIndex(({ correlationId }) => correlationId === replaces)
        history = [...history.slice(0, place), ...toEntries(run, message)]
      },
    })
    await scene.conversation.open()
    return scene
  }

  test('stands there at once, and what came after it is gone; also for a page that sends it later', async () => {
    const arrival = createGate()
    const { conversation, createConversation, outbox } = await open(() => arrival.opened)
    conversation.send('2 again', '2')
    expect(outline(conversation)).toEqual(['1 completed: You said: 1', '2 again sending: '])
    expect(outbox.of('A', 's')).toMatchObject([{ message: '2 again', replaces: '2' }])
    await conversation.refresh()
    expect(outline(conversation), 'the app has not got it yet').toHaveLength(2)
    const later = createConversation()
    await later.open()
    expect(outline(later)).toEqual(['1 completed: You said: 1', '2 again sending: '])
  })

  test('is sent with the run that it replaces', async () => {
    const { conversation } = await open()
    conversation.send('2 again', '2')
    await expectOutline(conversation, ['1 completed: You said: 1', '2 again completed: You said: undefined'])
    await conversation.refresh()
    expect(outline(conversation)).toHaveLength(2)
  })

  test('that the app refuses comes after what was there', async () => {
    const { conversation } = await open(gone)
    conversation.send('2 again', '2')
    await expectOutline(conversation, [
      ...['1', '2', '3'].map((said) => `${said} completed: You said: ${said}`),
      '2 again failed: Gone.',
    ])
  })

  test('that the app refuses puts nothing back where a later one has taken its own place', async () => {
    const refusal = createGate()
    const letIn = [() => refusal.opened.then(gone), async () => {}]
    const { conversation } = await open(() => letIn.shift()?.() ?? gone())
    conversation.send('3 again', '3')
    conversation.send('1 again', '1')
    refusal.open()
    await expectOutline(conversation, ['1 again completed: You said: undefined'])
  })
})

test('what is sent while the session is read is followed too', async () => {
  const reading = createGate()
  const go = createGate()
  let reads = 0
  const { conversation } = createScene({
    async readSession() {
      reads += 1
      if (reads === 1) {
        reading.open()
        await go.opened
      }
      return { conversation_history: ['run-1', 'run-2'].slice(0, reads).flatMap((run) => toEntries(run)) }
    },
  })
  conversation.send('One')
  await reading.opened
  conversation.send('Two')
  await vi.waitFor(() => expect(outline(conversation)[1]).toBe('Two queued: '))
  go.open()
  await expectOutline(conversation, ['One completed: You said: One', 'Two completed: You said: Two'])
})

test('a run that somebody else has deleted ends on the page too', async () => {
  const { conversation, problems } = createScene({ followRun: gone })
  conversation.send('Hi')
  await expectOutline(conversation, ['Hi failed: Gone.'])
  expect(problems).toEqual([])
})

test('what was said and then cleared by somebody else is gone with the next look', async () => {
  let history = toEntries('run-1')
  const { conversation } = createScene({ readSession: async () => ({ conversation_history: history }) })
  conversation.send('Hi')
  await expectOutline(conversation, ['Hi completed: You said: Hi'])
  history = toEntries('other', 'Again')
  await conversation.refresh()
  await expectOutline(conversation, ['Again completed: You said: Again'])
})
