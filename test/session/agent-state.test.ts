import { expect, test } from 'vitest'
import { createTextMessage } from '../../src/core/messages.js'
import { AgentState } from '../../src/session/state/agent-state.js'
import { toHistoryEntries, toLastResponse } from '../../src/session/state/history-entries.js'
import { toRequestEntry, toResponseEntry } from '../../src/session/state/turn-entries.js'

const usage = { inputTokens: 45, outputTokens: 12, totalTokens: 57 }

function say(state: AgentState, question: string, answer: string, correlationId = question) {
  state.addUserMessage(question, correlationId)
  const messages = [createTextMessage('assistant', answer)]
  state.addAssistantMessage(answer, { messages, usage, responseId: correlationId })
}

function addTurn(state: AgentState, turn: number, text: string, budget?: number) {
  const messages = [createTextMessage('user', text)]
  const response = { messages: [createTextMessage('assistant', text)], usage, responseId: `${turn}` }
  const time = '2026-01-01T00:00:00.000Z'
  state.addTurn(
    turn,
    [toRequestEntry(messages, `${turn}`, time, { turn }), toResponseEntry(response, time)],
    budget,
  )
}

test('keeps the conversation and gives it back after a trip through JSON', () => {
  const state = new AgentState()
  say(state, 'Hello!', 'Hi there!')
  const restored = new AgentState()
  restored.restoreState(JSON.parse(JSON.stringify(state.getState())))
  expect(restored.messageCount).toBe(1)
  expect(toHistoryEntries(restored.entries)).toEqual([
    {
      role: 'user',
      content: 'Hello!',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    },
    {
      role: 'assistant',
      content: 'Hi there!',
      timestamp: expect.any(String),
      agent_response: {
        text: 'Hi there!',
        kind: 'agent_message',
        tool_calls: [],
        usage: { prompt_tokens: 45, completion_tokens: 12, total_tokens: 57 },
      },
    },
  ])
  expect(toLastResponse(restored.entries)).toBe('Hi there!')
})

test('says of each line which run it was said in, to those who ask', () => {
  const state = new AgentState()
  say(state, 'Hello!', 'Hi there!')
  say(state, 'And now?', 'Still here.')
  const lines = toHistoryEntries(state.entries, { runs: true })
  expect(lines.map(({ content, correlationId }) => [content, correlationId])).toEqual([
    ['Hello!', 'Hello!'],
    ['Hi there!', 'Hello!'],
    ['And now?', 'And now?'],
    ['Still here.', 'And now?'],
  ])
})

test('says of a message how many files came with it, to those who ask', () => {
  const contents = [
    { $type: 'text', text: 'What?' },
    { $type: 'uri', uri: 'https://example.com/cat.png', mediaType: 'image/png' },
  ]
  const entry = { $type: 'request', createdAt: '', messages: [{ role: 'user', contents }] }
  expect(toHistoryEntries([entry], { runs: true })).toMatchObject([{ content: 'What?', files: 1 }])
  expect(toHistoryEntries([entry])).toEqual([{ role: 'user', content: 'What?', timestamp: '' }])
})

test('is stored in the vocabulary that the .NET and Python agents publish', () => {
  const state = new AgentState()
  say(state, 'Hello!', 'Hi there!', 'corr-123')
  expect(state.getState()).toEqual({
    schemaVersion: '1.2.0',
    data: {
      conversationHistory: [
        {
          $type: 'request',
          correlationId: 'corr-123',
          createdAt: expect.any(String),
          messages: [{ role: 'user', contents: [{ $type: 'text', text: 'Hello!' }] }],
        },
        {
          $type: 'response',
          correlationId: 'corr-123',
          createdAt: expect.any(String),
          messages: [{ role: 'assistant', contents: [{ $type: 'text', text: 'Hi there!' }] }],
          usage: { inputTokenCount: 45, outputTokenCount: 12, totalTokenCount: 57 },
        },
      ],
      extensionData: {
        durableAgentFunctions: { turn: 0, messageCount: 1, tokens: 57, evictedTurn: 0, resetTurn: 0 },
      },
    },
  })
})

test('reset forgets what was said and keeps which turns are done', () => {
  const state = new AgentState()
  addTurn(state, 1, 'hello')
  state.reset()
  expect(state.entries).toEqual([])
  expect(state.messageCount).toBe(0)
  expect(state.own).toMatchObject({ turn: 1, evictedTurn: 1, resetTurn: 1 })
})

test('lets the oldest whole turns go when it grows over its budget', () => {
  const state = new AgentState()
  const budget = 4000
  for (let turn = 1; turn <= 40; turn += 1) {
    addTurn(state, turn, 'x'.repeat(200), budget)
    expect(JSON.stringify(state.getState()).length).toBeLessThanOrEqual(budget)
    expect(state.entries[0]?.$type).toBe('request')
    expect(state.entries[0]?.extensionData?.turn).toBe(state.own.evictedTurn + 1)
    expect(state.messageCount).toBe(turn)
  }
  expect(state.entries.length).toBeGreaterThan(4)
})

test('what providers keep drives no turns out', () => {
  const state = new AgentState()
  state.keep({ diary: { text: 'x'.repeat(5000) } })
  for (const turn of [1, 2, 3]) addTurn(state, turn, 'short', 4000)
  expect(state.own.evictedTurn).toBe(0)
  expect(state.entries).toHaveLength(6)
  state.keep({ counter: { visits: 1 } })
  expect(Object.keys(state.own.state ?? {})).toEqual(['diary', 'counter'])
})

test('a turn that is larger than the budget leaves the state at once', () => {
  const state = new AgentState()
  addTurn(state, 1, 'x'.repeat(10_000), 4000)
  expect(state.entries).toEqual([])
  expect(state.own).toMatchObject({ turn: 1, evictedTurn: 1 })
})

const foreign = {
  schemaVersion: '1.1.0',
  rootField: { kept: true },
  data: {
    session: { opaque: 'yes' },
    conversationHistory: [
      {
        $type: 'request',
        correlationId: 'a',
        createdAt: '2025-01-15T10:30:00Z',
        responseType: 'text',
        messages: [
          {
            role: 'user',
            authorName: 'Ann',
            contents: [
              { $type: 'text', text: 'Hi' },
              { $type: 'hologram', x: 1 },
            ],
          },
        ],
      },
    ],
    extensionData: { someoneElse: [1, 2] },
  },
}

test('what others wrote survives, and their messages are counted', () => {
  const state = new AgentState()
  state.restoreState(structuredClone(foreign))
  expect(state.messageCount).toBe(1)
  say(state, 'And now?', 'Now this.')
  const stored = state.getState()
  expect(stored).toMatchObject({ rootField: { kept: true }, data: { session: { opaque: 'yes' } } })
  expect(stored.data.conversationHistory[0]).toEqual(foreign.data.conversationHistory[0])
  expect(stored.data.extensionData).toMatchObject({
    someoneElse: [1, 2],
    durableAgentFunctions: { messageCount: 2 },
  })
})

test.each([
  ['no version', { data: { conversationHistory: [] } }, /no schemaVersion/],
  ['an unknown version', { schemaVersion: '2.0.0', data: { conversationHistory: [] } }, /version 2\.0\.0/],
  [
    'a damaged entry',
    { schemaVersion: '1.1.0', data: { conversationHistory: [{ $type: 5 }] } },
    /damaged at data\.conversationHistory\.0/,
  ],
  ['text', 'hello', /no schemaVersion/],
])('a stored state with %s is refused, and nothing changes', (_name, stored, message) => {
  const state = new AgentState()
  say(state, 'before', 'ok')
  const before = state.getState()
  expect(() => state.restoreState(stored)).toThrow(message)
  expect(state.getState()).toEqual(before)
})
