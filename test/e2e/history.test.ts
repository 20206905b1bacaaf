import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMessageText } from '../support/chat-completions-server-steps.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
})

/** What the model was shown last, as `role: text`. */
function lastShown(): readonly string[] {
  const messages = scene.model.requests.at(-1)?.body.messages ?? []
  return messages.map((message) => `${message.role}: ${readMessageText(message)}`)
}

async function expectWhole(agent: string, session: string, said: readonly string[]): Promise<void> {
  const { body } = await scene.agent(agent).state(session)
  expect(body.message_count).toBe(said.length)
  const users = body.conversation_history.filter(({ role }) => role === 'user')
  expect(users.map(({ content }) => content)).toEqual(said)
  expect(body.conversation_history).toHaveLength(2 * said.length)
}

test('a sliding window shows the newest turns whole, tool calls with their results, and the user sees all', async () => {
  const api = scene.agent('Windowed')
  scene.book.add('two', callTools(call('work', { id: 'w' })))
  const said = ['one', 'two', 'three', 'four']
  const shown: (readonly string[])[] = []
  for (const message of said) {
    await api.run({ message, sessionId: 's' })
    shown.push(lastShown())
  }
  const turnTwo = ['user: two', 'assistant: ', 'tool: w by work', 'assistant: Tools: w by work']
  expect(shown[2]).toEqual(['user: one', 'assistant: You said: one', ...turnTwo, 'user: three'])
  expect(shown[3]).toEqual([...turnTwo, 'user: three', 'assistant: You said: three', 'user: four'])
  await api.run({ message: 'five', sessionId: 's' })
  expect(lastShown()).toEqual([
    'user: three',
    'assistant: You said: three',
    'user: four',
    'assistant: You said: four',
    'user: five',
  ])
  await expectWhole('Windowed', 's', [...said, 'five'])
})

describe('summarising', () => {
  const said = ['m1', 'm2', 'm3', 'm4', 'm5']

  test('boils older turns down once enough have gathered, in one model call of its own', async () => {
    for (const message of said) await scene.agent('Summarising').run({ message, sessionId: 's' })
    const summaries = scene.model.requests.filter(
      ({ body }) => readMessageText(body.messages[0]) === 'Summarise.',
    )
    expect(summaries).toHaveLength(1)
    const transcript = readMessageText(summaries[0]?.body.messages[1])
    expect(transcript).toContain('user: m1')
    expect(transcript).toContain('assistant: You said: m3')
    expect(transcript).not.toContain('m4')
    expect(lastShown()).toEqual([
      expect.stringMatching(/^system: Summary of the conversation so far: You said: user: m1/),
      'user: m4',
      'assistant: You said: m4',
      'user: m5',
    ])
  })

  test('is not paid for again, neither by the next message nor after a crash', async () => {
    await scene.restart()
    const callsBefore = scene.model.stats().requests
    await scene.agent('Summarising').run({ message: 'm6', sessionId: 's' })
    expect(scene.model.stats().requests).toBe(callsBefore + 1)
    expect(lastShown()).toEqual([
      expect.stringMatching(/^system: Summary of the conversation so far/),
      'user: m4',
      'assistant: You said: m4',
      'user: m5',
      'assistant: You said: m5',
      'user: m6',
    ])
  })

  test('leaves the user everything that was said', async () => {
    await expectWhole('Summarising', 's', [...said, 'm6'])
  })

  test('is forgotten with the history', async () => {
    const api = scene.agent('Summarising')
    expect((await api.reset('s')).status).toBe(204)
    await api.run({ message: 'fresh', sessionId: 's' })
    expect(lastShown()).toEqual(['user: fresh'])
  })
})
