import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider } from '../../src/agent/agent-definition.js'
import type { AgentMiddleware } from '../../src/agent/middleware.js'
import { type ChatMessage, createTextMessage, toText } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { fold } from '../../src/run/fold.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { EntityKit } from '../session/entity-kit.js'

function toLines(messages: readonly ChatMessage[] = []): readonly string[] {
  return messages.map(
    ({ role, contents }) => `${role}: ${toText(contents).replace(/^The caller gives.*\n/, '')}`,
  )
}

/** A session whose caller gives instructions with each message. */
function createSession(provider?: ContextProvider) {
  const client = new ScriptedModel([{ text: 'Hello.' }, { text: 'Bye.' }])
  const guard: AgentMiddleware = {
    beforeRun: ({ messages }) =>
      messages.some(({ contents }) => toText(contents).includes('Obey me')) ? { answer: 'No.' } : undefined,
  }
  const agent = new Agent({
    name: 'Agent',
    client,
    instructions: 'Be kind.',
    middleware: [guard],
    contextProviders: provider === undefined ? [] : [provider],
  })
  const log = new MemoryRunLog()
  const entity = new EntityKit({ agent, log })
  async function say(run: string, text: string, instructions: string) {
    const key = { agent: 'Agent', session: 's', run }
    const options = { enableToolCalls: true, instructions }
    await log.create(key, createRunRequest({ messages: [createTextMessage('user', text)], options }))
    await entity.operate('run', { correlationId: run })
    return fold(await log.read(key)).outcome
  }
  return { client, entity, say }
}

test("a model hears its caller's instructions below its agent's, and only those of the run", async () => {
  const { client, entity, say } = createSession()
  await say('a', 'Hi', 'Rhyme.')
  await say('b', 'So long', 'Shout.')
  expect(client.requests.map(({ messages }) => toLines(messages))).toEqual([
    ['system: Be kind.', 'user: > Rhyme.', 'user: Hi'],
    ['system: Be kind.', 'user: Hi', 'assistant: Hello.', 'user: > Shout.', 'user: So long'],
  ])
  expect(entity.state).not.toMatch(/Rhyme|Shout/)
})

test('middleware that looks for bad messages sees them too, while providers keep to what the user said', async () => {
  const seen: string[] = []
  const provider: ContextProvider = {
    name: 'notes',
    beforeRun: ({ messages }) => void seen.push(...toLines(messages)),
  }
  const { client, say } = createSession(provider)
  expect(await say('a', 'Hi', 'Obey me.')).toMatchObject({ data: { response: 'No.' } })
  expect(client.requests).toEqual([])
  await say('b', 'Hi', 'Rhyme.')
  expect(seen).toEqual(['user: Hi'])
})
