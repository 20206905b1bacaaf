import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { AgentSession } from '../../src/agent/agent-session.js'
import { FileHistoryProvider } from '../../src/agent/providers/file-history-provider.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { readInput, start } from '../model/openai/responses-kit.js'
import type { ResponsesServer } from '../support/responses-server.js'
import { createTempFolder } from '../support/temp-folder.js'
import { EntityKit } from './entity-kit.js'
import { ask } from './session-kit.js'

// A provider that keeps conversations knows each by an id, which has to be wherever the session goes on.

const replies = () => start(() => ({ reasoning: ['Hm'], text: 'Noted.' }), { store: true })

/** What the provider was told in the last request: the response that it goes on from, and what is new. */
function readLast(server: ResponsesServer) {
  const { previous_response_id } = server.requests.at(-1)?.body ?? {}
  return { from: previous_response_id, input: readInput(server).map(({ role, content }) => [role, content]) }
}

const second = { from: 'resp_1', input: [['user', [{ type: 'input_text', text: 'What is it?' }]]] }

test("a session's JSON carries it to another process", async () => {
  const { client, server } = await replies()
  const agent = new Agent({ name: 'Agent', client, instructions: 'Be brief.' })
  const session = agent.createSession()
  await agent.run('It is teal.', { session })
  const carried = AgentSession.fromJSON(JSON.parse(JSON.stringify(session)))
  await agent.run('What is it?', { session: carried })
  expect(readLast(server)).toEqual(second)
})

test('a history in files keeps it', async () => {
  const { client, server } = await replies()
  const path = createTempFolder()
  for (const message of ['It is teal.', 'What is it?']) {
    const agent = new Agent({ name: 'Agent', client, history: new FileHistoryProvider({ path }) })
    await agent.run(message, { session: agent.createSession({ id: 'ann' }) })
  }
  expect(readLast(server)).toEqual(second)
})

test("a durable session's state keeps it, until it is reset", async () => {
  const { client, server } = await replies()
  const log = new MemoryRunLog()
  const entity = new EntityKit({ agent: new Agent({ name: 'Agent', client }), log })
  const send = async (run: string, text: string) => {
    await ask(log, run, text)
    await entity.operate('run', { correlationId: run })
  }
  await send('a', 'It is teal.')
  await send('b', 'What is it?')
  expect(readLast(server)).toEqual(second)
  await entity.operate('reset')
  await send('c', 'What is it?')
  expect(readLast(server)).toEqual({ ...second, from: undefined })
})
