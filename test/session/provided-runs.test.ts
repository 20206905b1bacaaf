import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider, ToolSource } from '../../src/agent/agent-definition.js'
import type { RunInfo } from '../../src/agent/providers/provider-context.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { JsonValue } from '../../src/core/json.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'
import { EntityKit } from './entity-kit.js'
import { ask, createSession, key } from './session-kit.js'

/** Counts its visits in the session, and tells the model of them. */
function createCounter() {
  const asked: string[] = []
  const counter: ContextProvider = {
    name: 'counter',
    async beforeRun({ state, correlationId }) {
      asked.push(correlationId)
      state.visits = Number(state.visits ?? 0) + 1
      return { instructions: `This is visit ${state.visits}.` }
    },
    async afterRun({ state }, { text }) {
      await nextTurn()
      state.last = text
    },
  }
  return { asked, counter }
}

const echo: ModelScript = ({ messages }) => ({ text: JSON.stringify(messages[0]?.contents) })

test('what a provider keeps is there in the next run, and is cleared with the history', async () => {
  const { counter } = createCounter()
  const { log, entity } = createSession(echo, { agent: { contextProviders: [counter] } })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  expect((await log.read({ ...key, run: 'b' })).at(-1)).toMatchObject({
    data: { response: expect.stringContaining('This is visit 2.') },
  })
  expect(entity.stored?.data.extensionData?.durableAgentFunctions?.state).toMatchObject({
    counter: { visits: 2, last: expect.stringContaining('visit 2') },
  })
  await entity.operate('reset', { id: 'r', before: Date.now() + 1 })
  expect(entity.stored?.data.extensionData?.durableAgentFunctions?.state).toBeUndefined()
})

test("a caller's tool named like one that a provider gives is the caller's mistake", async () => {
  const given = tool({ name: 'show', description: '', execute: () => null })
  const provider: ContextProvider = { name: 'shows', tools: () => [given] }
  const { log, entity } = createSession(echo, { agent: { contextProviders: [provider] } })
  await ask(log, 'a', 'a', { tools: [{ name: 'show', description: '', parameters: { type: 'object' } }] })
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({
    type: 'run.failed',
    data: { code: 'invalid_request', detail: expect.stringContaining('"show"') },
  })
})

test('a run that was cut anywhere does not ask its providers again for what they gave', async () => {
  const whole = createSession(echo, { agent: { contextProviders: [createCounter().counter] } })
  await ask(whole.log, 'a')
  await whole.entity.operate('run', { correlationId: 'a' })
  const events = await whole.log.read({ ...key, run: 'a' })
  for (let cut = 1; cut <= events.length; cut += 1) {
    const { asked, counter } = createCounter()
    const { log, entity } = createSession(echo, { agent: { contextProviders: [counter] } })
    await ask(log, 'a')
    if (cut > 1) await log.append({ ...key, run: 'a' }, 1, events.slice(1, cut))
    await entity.operate('run', { correlationId: 'a' })
    const recorded = events.slice(0, cut).map(({ type }) => type)
    expect(asked.length, `cut after ${recorded.at(-1)}`).toBe(recorded.includes('run.prepared') ? 0 : 1)
    const visits = recorded.includes('state.changed') && !recorded.includes('run.prepared') ? 2 : 1
    expect(
      entity.stored?.data.extensionData?.durableAgentFunctions?.state?.counter,
      `cut ${cut}`,
    ).toMatchObject({
      visits,
    })
  }
})

test('a run that has its answer ends though the source of its tools is gone meanwhile', async () => {
  const whole = createSession([{ text: 'ok' }])
  await ask(whole.log, 'a')
  await whole.entity.operate('run', { correlationId: 'a' })
  const events = await whole.log.read({ ...key, run: 'a' })
  const gone: ToolSource = { name: 'gone', tools: () => Promise.reject(new Error('down')) }
  const { log, entity } = createSession([], { agent: { tools: [gone] } })
  await ask(log, 'a')
  await log.append({ ...key, run: 'a' }, 1, events.slice(1, -1))
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({ type: 'run.completed' })
})

/** A provider with a tool that notes something in the session. */
function createNotes(noted: JsonValue): ContextProvider {
  return {
    name: 'notes',
    tools: ({ state }) => [
      tool({
        name: 'note',
        description: '',
        execute: () => {
          state.noted = noted
          return 'it is noted'
        },
      }),
    ],
  }
}

/** Calls the tool first, in each turn. */
const noteFirst: ModelScript = ({ messages }) =>
  messages.at(-1)?.role === 'tool' ? { text: 'ok' } : { calls: [{ name: 'note', arguments: {} }] }

test('what a tool has given is remembered, also when its provider keeps too much', async () => {
  const contextProviders = [createNotes('x'.repeat(9_000))]
  const { log, entity, client } = createSession(noteFirst, { agent: { contextProviders } })
  for (const run of ['a', 'b']) {
    await ask(log, run)
    await entity.operate('run', { correlationId: run })
    expect((await log.read({ ...key, run })).at(-1)).toMatchObject({ type: 'run.failed' })
  }
  expect(JSON.stringify(client.requests[1]?.messages)).toContain('it is noted')
})

test('what a tool of a provider changes is recorded with its result', async () => {
  const { log, entity } = createSession(noteFirst, { agent: { contextProviders: [createNotes(true)] } })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const types = (await log.read({ ...key, run: 'a' })).map(({ type }) => type)
  expect(types.slice(types.indexOf('state.changed'))).toEqual([
    'state.changed',
    'tool.completed',
    'message.delta',
    'step.completed',
    'run.completed',
  ])
  expect(entity.stored?.data.extensionData?.durableAgentFunctions?.state).toEqual({ notes: { noted: true } })
})

test('invocation values are made for each execution from what is stored, and are stored nowhere', async () => {
  const log = new MemoryRunLog()
  const made: RunInfo[] = []
  const seen: unknown[] = []
  const whoAmI = tool({
    name: 'who',
    description: '',
    approval: 'always',
    execute: (_args, { values }) => {
      seen.push(values.token)
      return 'ok'
    },
  })
  const client = new ScriptedModel([{ calls: [{ name: 'who', arguments: {} }] }, { text: 'done' }])
  const agent = new Agent({ name: 'Agent', client, tools: [whoAmI] })
  const entity = new EntityKit({
    agent,
    log,
    values: async (run) => {
      made.push(run)
      return { token: `secret-${made.length}` }
    },
  })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const run = { ...key, run: 'a' }
  const requested = (await log.read(run)).find((event) => event.type === 'approval.requested')
  const approvalId = requested?.type === 'approval.requested' ? requested.data.approvalId : ''
  await log.control(run, { type: 'decision', approvalId, decision: 'approve' })
  await entity.operate('decide', { correlationId: 'a' })
  expect(seen).toEqual(['secret-2'])
  const info = { agentName: 'Agent', sessionId: 's', correlationId: 'a', owner: undefined, metadata: {} }
  expect(made).toEqual([info, info])
  expect(JSON.stringify([await log.read(run), entity.state])).not.toContain('secret')
})
