import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import type { ContextProvider } from '../../src/agent/agent-definition.js'
import type { AgentOptions } from '../../src/agent/agent-options.js'
import type { AgentToolOptions } from '../../src/agent/tools/agent-tool.js'
import { tool } from '../../src/agent/tools/tool.js'
import { toText } from '../../src/core/messages.js'
import { type ModelScript, ScriptedModel } from '../../src/testing/scripted-model.js'

const askExpert = { calls: [{ name: 'Expert', arguments: { query: 'What is 1?' } }] }

function createTeam(
  options: AgentToolOptions = {},
  {
    script = [{ text: 'one', chunks: ['o', 'ne'] }],
    ...rest
  }: Partial<AgentOptions> & { script?: ModelScript } = {},
) {
  const expertModel = new ScriptedModel(script)
  const expert = new Agent({ name: 'Expert', client: expertModel, ...rest })
  const client = new ScriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? { text: 'It is one.' } : askExpert,
  )
  return { expertModel, client, boss: new Agent({ name: 'Boss', client, tools: [expert.asTool(options)] }) }
}

const textsOf = (model: ScriptedModel, call = 0) =>
  model.requests[call]?.messages.map(({ role, contents }) => `${role}: ${toText(contents)}`)

test('an agent that is asked knows the question alone', async () => {
  const { boss, expertModel } = createTeam()
  await boss.run('Numbers?', { session: boss.createSession() })
  expect(textsOf(expertModel)).toEqual(['user: What is 1?'])
})

test('with the session propagated it knows the conversation, up to the call', async () => {
  const { boss, expertModel } = createTeam({ propagateSession: true }, { script: () => ({ text: 'one' }) })
  const session = boss.createSession()
  await boss.run('Numbers?', { session })
  await boss.run('Sure?', { session })
  expect(textsOf(expertModel, 1)).toEqual([
    'user: Numbers?',
    'assistant: ',
    'tool: ',
    'assistant: It is one.',
    'user: Sure?',
    'user: What is 1?',
  ])
})

test('with the session propagated its providers keep their state in it, apart from those of the agent that asks', async () => {
  const counter: ContextProvider = {
    name: 'counter',
    beforeRun({ state }) {
      state.visits = Number(state.visits ?? 0) + 1
    },
  }
  const { boss } = createTeam(
    { propagateSession: true },
    { script: () => ({ text: 'one' }), contextProviders: [counter] },
  )
  const session = boss.createSession()
  for (const text of ['a', 'b']) await boss.run(text, { session })
  expect(session.state).toEqual({ 'Expert/counter': { visits: 2 } })
})

test('what it says while it works can be followed', async () => {
  const told: string[] = []
  const { boss } = createTeam({ onUpdate: ({ text }, { callId }) => told.push(`${callId} ${text}`) })
  await boss.run('?')
  expect(told).toEqual(['call_0_0 one'])
})

test('what the follower throws changes nothing', async () => {
  const { boss } = createTeam({
    onUpdate: () => {
      throw new Error('screen is gone')
    },
  })
  const errors: unknown[] = []
  expect((await boss.run('?', { onError: (error) => errors.push(error) })).text).toBe('It is one.')
  expect(errors).toMatchObject([{ message: 'screen is gone' }])
})

test('what an agent spent before it failed counts', async () => {
  const look = tool({ name: 'look', description: '', execute: () => 'seen' })
  const { boss, client } = createTeam(
    {},
    { tools: [look], script: [{ calls: [{ name: 'look', arguments: {} }] }, { error: new Error('down') }] },
  )
  expect((await boss.run('?')).usage.totalTokens).toBe(45)
  expect(JSON.stringify(client.requests[1])).toContain('"error"')
})

test('a human can be asked before it is, and told what it is asked', async () => {
  const { boss, expertModel, client } = createTeam({ approval: 'always' })
  const asked: unknown[] = []
  const run = boss.run('?', {
    onApproval: ({ name, arguments: args }) => {
      asked.push([name, args])
      return { decision: 'reject', reason: 'too dear' }
    },
  })
  expect((await run).text).toBe('It is one.')
  expect(asked).toEqual([['Expert', { query: 'What is 1?' }]])
  expect(expertModel.requests).toEqual([])
  expect(JSON.stringify(client.requests[1])).toContain('too dear')
})

test('its own approvals are asked for where those of the agent that asks are', async () => {
  const pay = tool({ name: 'pay', description: '', approval: 'always', execute: () => 'paid' })
  const { boss, expertModel } = createTeam(
    {},
    { tools: [pay], script: [{ calls: [{ name: 'pay', arguments: {} }] }, { text: 'one' }] },
  )
  const asked: string[] = []
  await boss.run('?', {
    onApproval: ({ name }) => {
      asked.push(name)
      return { decision: 'approve' }
    },
  })
  expect(asked).toEqual(['pay'])
  expect(JSON.stringify(expertModel.requests[1])).toContain('paid')
})

test('without anybody to ask a call that needs a human ends the run', async () => {
  const { boss } = createTeam({ approval: 'always' })
  await expect(boss.run('?')).rejects.toThrow(/"Expert" waits for an approval. Pass onApproval/)
})

test('invocation values, metadata and the session id reach its tools', async () => {
  const seen: unknown[] = []
  const look = tool({
    name: 'look',
    description: '',
    execute: (_args, { values, metadata, sessionId }) => {
      seen.push([values.tenant, metadata.ticket, sessionId])
    },
  })
  const { boss } = createTeam(
    {},
    { tools: [look], script: [{ calls: [{ name: 'look', arguments: {} }] }, { text: 'one' }] },
  )
  const session = boss.createSession({ id: 'ann' })
  await boss.run('?', { context: { tenant: 'acme' }, metadata: { ticket: '7' }, session })
  expect(seen).toEqual([['acme', '7', 'ann']])
})

test('agents that ask one another in circles come to an end', async () => {
  let asked = 0
  const client = new ScriptedModel(({ messages }) => {
    asked += 1
    const [result] = messages.at(-1)?.contents ?? []
    if (result?.type === 'functionResult') return { text: String(result.error ?? result.result) }
    return { calls: [{ name: 'Circle', arguments: { query: 'And you?' } }] }
  })
  const circle: Agent = new Agent({
    name: 'Circle',
    client,
    tools: [{ name: 'itself', tools: async () => [circle.asTool()] }],
  })
  const { text } = await circle.run('What do you think?')
  expect(text).toBe('Agent "Circle" was not asked: 16 agents are working for one another already.')
  expect(asked).toBe(2 * 17)
})
