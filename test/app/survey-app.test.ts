import { expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { HostedAgent } from '../../src/agent/foreign/hosted-agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import type { ToolOptions } from '../../src/agent/tools/tool-options.js'
import { surveyApp } from '../../src/app/survey-app.js'
import { AgentError } from '../../src/core/errors.js'
import type { Schema } from '../../src/core/schema.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import type { ChatClient } from '../../src/model/chat-client.js'
import { createOfflineChatClient } from '../../src/model/offline/offline.js'
import { withRetry } from '../../src/model/with-retry.js'
import { withTelemetry } from '../../src/model/with-telemetry.js'

function createClient(probe?: ChatClient['probe']): ChatClient {
  return { model: 'gpt', provider: 'openai', stream: async function* () {}, ...(probe && { probe }) }
}

const survey = (agents: readonly Agent[], options = {}, log = new MemoryRunLog()) =>
  surveyApp({ agents, workflows: [{ name: 'W' }], options, log })

test('tells how an app is put together, and nothing that is secret or said', () => {
  const look = tool({ name: 'look', description: '', readOnly: true, execute: () => 1 })
  const helper = new Agent({ name: 'Helper', client: createOfflineChatClient() })
  const foreign = new HostedAgent({ name: 'Far', run: async function* () {} })
  const source = { name: 'github', tools: async () => [] }
  const memory = { name: 'notes', beforeRun: () => undefined }
  const boss = new Agent({
    name: 'Boss',
    client: createClient(),
    instructions: 'Keep this to yourself.',
    tools: [look, helper.asTool(), source],
    contextProviders: [memory, { name: 'skills', tools: () => [] }],
  })
  const options = { authLevel: 'anonymous', chatPage: true, owner: () => 'ann', sessionTtlMs: 5 }
  expect(survey([boss, helper, foreign], options).describe()).toEqual({
    agents: [
      {
        name: 'Boss',
        kind: 'model',
        model: 'gpt',
        provider: 'openai',
        tools: [
          { name: 'look', asksByDefault: false },
          { name: 'Helper', asksByDefault: false },
        ],
        toolSources: ['github', 'skills'],
      },
      {
        name: 'Helper',
        kind: 'offline',
        model: 'offline-demo',
        provider: undefined,
        tools: [],
        toolSources: [],
      },
      { name: 'Far', kind: 'foreign', model: 'Far', provider: undefined, tools: [], toolSources: [] },
    ],
    workflows: ['W'],
    authLevel: 'anonymous',
    hasOwner: true,
    chatPage: true,
    runLog: { from: 'settings' },
    sessionTtlMs: 5,
    runRetentionMs: undefined,
    library: expect.stringMatching(/src.app$/),
  })
})

test.each<[Partial<ToolOptions<Schema<Record<string, never>>, unknown>>, boolean]>([
  [{}, true],
  [{ approval: 'always' }, true],
  [{ readOnly: true }, false],
  [{ idempotent: true }, false],
  [{ onUnknownOutcome: 'ask' }, false],
  [{ onUnknownOutcome: 'fail' }, false],
  [{ reconcile: () => ({ outcome: 'not_done' }) }, false],
])('a tool with %o asks by default after a crash: %s', (options, asksByDefault) => {
  const mail = tool({ name: 'mail', description: '', execute: () => 1, ...options })
  const agent = new Agent({ name: 'A', client: createClient(), tools: [mail] })
  expect(survey([agent]).describe().agents[0]?.tools).toEqual([{ name: 'mail', asksByDefault }])
})

test.each([
  [new MemoryRunLog(), { from: 'app', kind: 'memory', name: 'MemoryRunLog' }],
  [new SqliteRunLog({ path: ':memory:' }), { from: 'app', kind: 'sqlite', name: 'SqliteRunLog' }],
  [new (class OwnLog extends Map {})(), { from: 'app', kind: 'other', name: 'OwnLog' }],
])('a run log of the app itself is named', (runLog, description) => {
  expect(survey([], { runLog }).describe().runLog).toEqual(description)
})

test('asks the run log, and each client once', async () => {
  let asked = 0
  const shared = withTelemetry(
    withRetry(
      createClient(async () => {
        asked++
        return { outcome: 'reached' }
      }),
    ),
  )
  const failing = (error: unknown) => createClient(() => Promise.reject(error))
  const toAgent = (name: string, client: ChatClient) => new Agent({ name, client })
  const agents = [
    toAgent('A', shared),
    toAgent('B', shared),
    toAgent('C', createClient()),
    toAgent('D', createOfflineChatClient()),
    toAgent('E', failing(new AgentError('rate_limited', 'Later.'))),
    toAgent('F', failing(new Error('the key sk-1 is wrong'))),
  ]
  const model = { about: 'model', model: 'gpt' }
  expect(await survey(agents).probe(10_000)).toEqual([
    { about: 'run log', agents: ['A', 'B', 'C', 'D', 'E', 'F'], outcome: 'reached' },
    { ...model, agents: ['A', 'B'], outcome: 'reached' },
    { ...model, agents: ['C'], outcome: 'none' },
    { ...model, agents: ['E'], outcome: 'busy', detail: 'Later.' },
    { ...model, agents: ['F'], outcome: 'failed', detail: expect.not.stringContaining('sk-1') },
  ])
  expect(asked).toBe(1)
})

test('waits for nobody longer than it is told', async () => {
  const log = new (class extends MemoryRunLog {
    override probe = () => new Promise<void>(() => {})
  })()
  const agents = [new Agent({ name: 'A', client: createClient(() => new Promise(() => {})) })]
  const late = { outcome: 'failed', detail: 'There was no answer in time.' }
  expect(await survey(agents, {}, log).probe(20)).toMatchObject([late, late])
})
