import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ChatEvent, ChatRequest } from '../../src/model/chat-client.js'
import { createTool } from '../session/session-kit.js'

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }

/** An agent whose model, made without types, gives these messages one after the other. */
function createAgent(...messages: readonly object[]) {
  const requests: ChatRequest[] = []
  const client = {
    model: 'm',
    async *stream(request: ChatRequest) {
      const message = messages[requests.push(request) - 1]
      yield { type: 'completed', message, usage, finishReason: 'stop', model: 'm' } as ChatEvent
    },
  }
  const { made, executions } = createTool()
  return { agent: new Agent({ name: 'A', client, tools: [made] }), requests, executions }
}

const said = { role: 'assistant', contents: [{ type: 'text', text: 'Done' }] }

test.each([
  ['none', [undefined, undefined]],
  ['null', [null, null]],
  ['a number', [7, 7]],
  ['an empty text', ['', '']],
  ['the same', ['a', 'a']],
])('two calls whose id is %s are told apart', async (_, ids) => {
  const contents = ids.map((callId, n) => ({ type: 'functionCall', callId, name: 'work', arguments: { n } }))
  const { agent, requests, executions } = createAgent({ role: 'assistant', contents }, said)
  expect((await agent.run('Hi')).text).toBe('Done')
  expect(executions).toHaveLength(2)
  const [calls, results] = (requests[1]?.messages ?? [])
    .slice(-2)
    .map(({ contents }) => contents.map((content) => ('callId' in content ? content.callId : undefined)))
  expect(results).toEqual(calls)
  expect(new Set(calls).size).toBe(2)
  for (const id of calls ?? []) expect(id).toEqual(expect.stringMatching(/./))
})

test.each([[undefined], ['user'], ['model']])(
  'an answer in the role of %s is the assistant',
  async (role) => {
    const { agent } = createAgent({ ...said, role })
    expect((await agent.run('Hi')).messages).toEqual([said])
  },
)
