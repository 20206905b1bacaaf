import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import { AgentSession } from '../../src/agent/agent-session.js'
import type { AgentMiddleware } from '../../src/agent/middleware.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { AgentResponseUpdate } from '../../src/core/response.js'
import { withRetry } from '../../src/model/with-retry.js'
import { ScriptedModel } from '../../src/testing/scripted-model.js'
import { readInput, start } from '../model/openai/responses-kit.js'
import { createPacedClient } from '../support/paced-client.js'
import type { ResponsesServerOptions } from '../support/responses-server.js'

/** Machines that run tests are busy. */
const patiently = { timeout: 20_000 }

const text = 'Space and time are one, and bend.'

async function startAgent(script: ResponsesServerOptions['script'], options: Partial<AgentOptions> = {}) {
  const { server, client } = await start(script)
  return { server, agent: new Agent({ name: 'Researcher', instructions: 'Be brief.', client, ...options }) }
}

/** A session as another process gets it. */
function carryOver(session: AgentSession): AgentSession {
  return AgentSession.fromJSON(JSON.parse(JSON.stringify(session)))
}

describe('a background run that is awaited', () => {
  test('gives a token, and with it the answer once there is one', async () => {
    const { agent, server } = await startAgent([{ reasoning: ['Hm'], text, polls: 1 }, { text: 'Bye.' }])
    const session = agent.createSession()
    const first = await agent.run('Explain relativity.', { session, background: true })
    expect(first).toMatchObject({ text: '', messages: [], continuationToken: expect.any(String) })
    const { continuationToken } = first
    const second = await agent.run([], { session: carryOver(session), continuationToken })
    expect(second).toMatchObject({ text: '', continuationToken })
    const last = await agent.run([], { session, continuationToken })
    expect(last).toMatchObject({ text, usage: { outputTokens: 10 } })
    expect(last.continuationToken).toBeUndefined()
    expect(server.requests).toHaveLength(1)
    await agent.run('Thanks', { session })
    expect(readInput(server).map(({ type, role }) => type ?? role)).toEqual([
      'user',
      'reasoning',
      'message',
      'user',
    ])
  })

  test('comes back once for each step, its tools run in between', async () => {
    const look = tool({
      name: 'look',
      description: 'Looks.',
      parameters: z.object({ at: z.string() }),
      execute: ({ at }) => `nothing at ${at}`,
    })
    const steps = [{ reasoning: ['Hm'], calls: [{ name: 'look', arguments: { at: 'home' } }] }, { text }]
    const { agent, server } = await startAgent(steps, { tools: [look] })
    const session = agent.createSession()
    const tokens: string[] = []
    let response = await agent.run('Look', { session, background: true })
    while (response.continuationToken !== undefined) {
      const { continuationToken } = response
      tokens.push(continuationToken)
      response = await agent.run([], { session, continuationToken })
    }
    expect(response.text).toBe(text)
    expect(new Set(tokens).size).toBe(2)
    expect(readInput(server).at(-1)).toMatchObject({ output: 'nothing at home' })
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
  })

  test('adds its answer once, also when it is come back for after the next question', async () => {
    const { agent } = await startAgent([{ text }, { text: 'Bye.' }])
    const session = agent.createSession()
    const { continuationToken } = await agent.run('Explain relativity.', { session, background: true })
    await agent.run([], { session, continuationToken })
    await agent.run('Thanks', { session })
    expect((await agent.run([], { session, continuationToken })).text).toBe(text)
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
  })

  test('runs its tools once, and says so to whoever comes back for them again', async () => {
    let looks = 0
    const look = tool({ name: 'look', description: 'Looks.', execute: () => ++looks })
    const steps = [{ calls: [{ name: 'look', arguments: {} }] }, { text }, { text }]
    const { agent, server } = await startAgent(steps, { tools: [look] })
    const session = agent.createSession()
    const { continuationToken } = await agent.run('Look', { session, background: true })
    const [once, twice] = await Promise.allSettled(
      [1, 2].map(() => agent.run([], { session, continuationToken }).finalResponse()),
    )
    expect(once).toMatchObject({ value: { continuationToken: expect.any(String) } })
    expect(twice).toMatchObject({ reason: { code: 'invalid_request' } })
    expect([looks, server.requests.length]).toEqual([1, 2])
    expect((await agent.run([], { session })).text).toBe(text)
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
  })

  test('gives the value of a structured answer in the end', async () => {
    const { agent } = await startAgent([{ text: '{"grade":7}' }])
    const responseFormat = z.object({ grade: z.number() })
    const first = await agent.run('Grade', { background: true, responseFormat })
    expect(first.value).toBeUndefined()
    const { continuationToken } = first
    const { value } = await agent.run([], { continuationToken, responseFormat })
    expect(value).toEqual({ grade: 7 })
  })

  test('gets through middleware, which sees the answer when it is there', async () => {
    const seen: string[] = []
    const middleware: AgentOptions['middleware'] = [
      {
        async callModel(_context, next) {
          const answer = await next()
          seen.push(answer.finishReason)
          return answer
        },
      },
    ]
    const { agent, server } = await startAgent([{ text, polls: 1 }], { middleware })
    const { continuationToken } = await agent.run('Explain', { background: true })
    await agent.run([], { continuationToken })
    expect(seen).toEqual([])
    expect(await agent.run([], { continuationToken })).toMatchObject({ text })
    expect(seen).toEqual(['stop'])
    expect(server.requests).toHaveLength(1)
  })
})

test('middleware that asks once more asks another question', async () => {
  const retry: AgentMiddleware = {
    async callModel(_context, next) {
      const answer = await next()
      return answer.message.contents.length === 0 ? next() : answer
    },
  }
  const { agent, server } = await startAgent([{}, { text }], { middleware: [retry] })
  const run = agent.run('Explain', { background: true })
  for await (const update of run) expect(update.continuationToken).toBeDefined()
  expect((await run).text).toBe(text)
  expect(server.requests).toHaveLength(2)
})

describe('a background run that is iterated', () => {
  test('can be left after any update and gone on with exactly there', async () => {
    const { client, server } = await start([{ text }], {}, { eventDelayMs: 2 })
    const reader = new EventEmitter()
    const agent = new Agent({ name: 'Researcher', client: createPacedClient(client, reader) })
    const session = agent.createSession()
    const said: string[] = []
    const hear = (update: AgentResponseUpdate) => {
      if (update.text === '') return
      said.push(update.text)
      reader.emit('read')
    }
    let token: string | undefined
    for await (const update of agent.run('Explain relativity.', { session, background: true })) {
      token = update.continuationToken
      hear(update)
      if (said.length === 3) break
    }
    expect(said.join('').length).toBeLessThan(text.length)
    const rest = agent.run([], { session, continuationToken: token })
    for await (const update of rest) hear(update)
    expect(said.join('')).toBe(text)
    expect((await rest).text).toBe(text)
    expect(server.requests).toHaveLength(1)
    expect(server.visits).toEqual([expect.stringMatching(/starting_after=\d+$/)])
  })

  test('ends when it is left, so that the session has the answer once, and whoever goes on does not wait for it', async () => {
    const { agent, server } = await startAgent([{ text, holdAfterEvents: 8 }])
    const session = agent.createSession()
    const left = agent.run('Explain relativity.', { session, background: true })
    let continuationToken: string | undefined
    for await (const update of left) {
      continuationToken = update.continuationToken
      if (update.text !== '') break
    }
    expect(await left).toMatchObject({ messages: [], continuationToken: expect.any(String) })
    expect(session.messages.map(({ role }) => role)).toEqual(['user'])
    server.release()
    expect((await agent.run([], { session, continuationToken })).text).toBe(text)
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  })

  test('that is left while its tools run has begun the next answer, whose token the run gives', async () => {
    let looks = 0
    const look = tool({ name: 'look', description: 'Looks.', execute: () => ++looks })
    const { agent, server } = await startAgent([{ calls: [{ name: 'look', arguments: {} }] }, { text }], {
      tools: [look],
    })
    const session = agent.createSession()
    const run = agent.run('Look', { session, background: true })
    for await (const { contents } of run) if (contents[0]?.type === 'functionCall') break
    const { continuationToken } = await run
    expect((await agent.run([], { session, continuationToken })).text).toBe(text)
    expect([looks, server.requests.length]).toEqual([1, 2])
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
  })

  test('adds its answer once, however late it is left and however often it is come back to', async () => {
    const { agent } = await startAgent([{ reasoning: ['Hm'], text }])
    const session = agent.createSession()
    const run = agent.run('Explain relativity.', { session, background: true })
    let continuationToken: string | undefined
    for await (const update of run) continuationToken ??= update.continuationToken
    await agent.run([], { session: carryOver(session), continuationToken })
    await agent.run([], { session, continuationToken })
    expect(session.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  })

  test('has told the session what was said when it is left', async () => {
    const { agent } = await startAgent([{ text, holdAfterEvents: 8 }])
    const session = agent.createSession()
    for await (const { text } of agent.run('Explain relativity.', { session, background: true }))
      if (text !== '') break
    expect(carryOver(session).messages.map(({ role }) => role)).toEqual(['user'])
  })

  test('carries a token in each update, and goes on over breaks by itself', async () => {
    const { agent, server } = await startAgent([{ reasoning: ['Hm'], text, hangUps: [7, 3] }])
    const updates: AgentResponseUpdate[] = []
    for await (const update of agent.run('Explain', { background: true })) updates.push(update)
    expect(updates.every(({ continuationToken }) => continuationToken !== undefined)).toBe(true)
    expect(updates.map((update) => update.text).join('')).toBe(text)
    expect(server.visits).toHaveLength(2)
  })

  test('ends the work at the provider when the caller aborts', async () => {
    const { agent, server } = await startAgent([{ text, holdAfterEvents: 8 }])
    const caller = new AbortController()
    const reason = new Error('enough')
    const call = (async () => {
      for await (const update of agent.run('Explain', { background: true, signal: caller.signal }))
        if (update.text !== '') caller.abort(reason)
    })()
    await expect(call).rejects.toBe(reason)
    await expect.poll(() => server.visits, patiently).toEqual(['POST /v1/responses/resp_1/cancel'])
  })
})

test('the agent may always ask in the background', async () => {
  const { agent, server } = await startAgent([{ text }, { text }], { modelSettings: { background: true } })
  expect((await agent.run('Explain')).continuationToken).toBeDefined()
  expect((await agent.run('Explain', { background: false })).text).toBe(text)
  expect(server.requests.map(({ body }) => body.background)).toEqual([true, undefined])
})

test('a model that has no background answers at once', async () => {
  const agent = new Agent({ name: 'Researcher', client: new ScriptedModel([{ text }]) })
  expect(await agent.run('Explain', { background: true })).toMatchObject({ text })
})

test('an answer that is lost is not asked for anew without the caller', async () => {
  const { client, server } = await start(() => ({ text }))
  const agent = new Agent({ name: 'Researcher', client: withRetry(client) })
  const { continuationToken } = await agent.run('Explain', { background: true })
  server.forget()
  await expect(agent.run([], { continuationToken }).finalResponse()).rejects.toThrow(/came to nothing/)
  expect(server.requests).toHaveLength(1)
})

describe('a token is refused', () => {
  test("that is not the client's", async () => {
    const { agent } = await startAgent([])
    const run = agent.run([], { continuationToken: 'made-up' })
    await expect(run.finalResponse()).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('with a question beside it', async () => {
    const { agent } = await startAgent([])
    const run = agent.run('And?', { continuationToken: 'made-up' })
    await expect(run.finalResponse()).rejects.toThrow(/pass no input/)
  })

  test('when the model has no background', async () => {
    const agent = new Agent({ name: 'Researcher', client: new ScriptedModel([]) })
    const run = agent.run([], { continuationToken: 'made-up' })
    await expect(run.finalResponse()).rejects.toThrow(/does not work in the background/)
  })
})
