import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { evaluateAgent } from '../src/agent/evaluation/index.js'
import { mcpHttp, mcpStdio } from '../src/agent/mcp/index.js'
import { createAgentMcpServer } from '../src/agent/mcp-server/index.js'
import { fromOpenAIAgent } from '../src/agent/openai-agents/index.js'
import {
  Agent,
  AgentFunctionApp,
  createMemoryProvider,
  InProcessMemoryStore,
  runScriptsAsProcesses,
  SkillsProvider,
  SqliteMemoryStore,
  SqliteRunLog,
  skill,
  tool,
  withRetry,
} from '../src/index.js'
import { AzureBlobRunLog } from '../src/log/azure-storage.js'
import { RedisRunLog } from '../src/log/redis.js'
import { createAISDKChatClient } from '../src/model/ai-sdk.js'
import { createOpenAIChatClient, createOpenAIResponsesClient } from '../src/model/openai.js'
import { ScriptedModel } from '../src/testing/scripted-model.js'

/** As a program in JavaScript may give it. */
const misspelt = { misspelt: true } as never
const agent = new Agent({ name: 'A', client: new ScriptedModel([]) })

test.each([
  ['RedisRunLog', () => new RedisRunLog(misspelt)],
  ['AzureBlobRunLog', () => new AzureBlobRunLog(misspelt)],
  ['SqliteRunLog', () => new SqliteRunLog(misspelt)],
  ['SqliteMemoryStore', () => new SqliteMemoryStore(misspelt)],
  ['createAgentMcpServer', () => createAgentMcpServer(agent, misspelt)],
  ['runScriptsAsProcesses', () => runScriptsAsProcesses(misspelt)],
  ['fromOpenAIAgent', () => fromOpenAIAgent(misspelt, misspelt)],
  ['createAISDKChatClient', () => createAISDKChatClient(misspelt, misspelt)],
  ['skill', () => skill(misspelt)],
])('%s refuses an option that there is not, by name', (name, make) => {
  expect(make).toThrow(`${name} has no option "misspelt". It has: `)
})

/** What a program in JavaScript may take for an option's value. */
const wrong = <Value>(value: unknown) => value as Value
const { client } = agent
const store = new InProcessMemoryStore()

test.each([
  ['withRetry needs a client', () => withRetry(wrong(undefined))],
  ['scope of createMemoryProvider', () => createMemoryProvider({ store, scope: wrong('ownr') })],
  [
    'limit of createMemoryProvider must be a whole number of at least 0, not "5"',
    () => createMemoryProvider({ store, limit: wrong('5') }),
  ],
  [
    'folders of SkillsProvider must be a list, not "./skills"',
    () => new SkillsProvider({ folders: wrong('./skills') }),
  ],
  ['command of MCP server "x" must be given', () => mcpStdio({ name: 'x', command: wrong(undefined) })],
  [
    'args of MCP server "x" must be a list',
    () => mcpStdio({ name: 'x', command: 'npx', args: wrong('-y server') }),
  ],
  [
    'contextProviders of agent "B" must be a list',
    () => new Agent({ name: 'B', client, contextProviders: wrong({}) }),
  ],
  ['middleware of agent "B" must be a list', () => new Agent({ name: 'B', client, middleware: wrong({}) })],
  [
    'onLargeResult of tool "x"',
    () => tool({ name: 'x', description: 'y', execute: () => 1, onLargeResult: wrong('cut') }),
  ],
  ['runLog of AgentFunctionApp must be a run log', () => new AgentFunctionApp({ runLog: wrong({}) })],
  [
    'Entry 0 of evaluators is none',
    () => evaluateAgent({ agent, queries: ['Hi'], evaluators: [wrong(() => true)] }),
  ],
])('a wrong value is refused: %s', async (message, make) => {
  await expect((async () => make())()).rejects.toThrow(message)
})

test.each([
  ['agents.md', () => new Agent(misspelt)],
  ['agents.md', () => tool(misspelt)],
  ['agents.md', () => agent.run('Hi', misspelt)],
  ['app.md', () => new AgentFunctionApp(misspelt)],
  ['models.md', () => new Agent({ name: 'A', client: agent.client, modelSettings: misspelt })],
  ['models.md', () => createOpenAIChatClient(misspelt)],
  ['models.md', () => createOpenAIResponsesClient(misspelt)],
  ['mcp.md', () => mcpHttp(misspelt)],
  ['mcp.md', () => mcpStdio(misspelt)],
])('%s tells of every option (%#)', async (page, make) => {
  const text = readFileSync(resolve(import.meta.dirname, '../docs', page), 'utf8')
  const { message } = (await (async () => make())().then(undefined, (error: unknown) => error)) as Error
  const [, names = ''] = /It has: (.+)\.$/.exec(message) ?? []
  expect(names).not.toBe('')
  const untold = names.split(', ').filter((name) => !new RegExp(`[\`{( ,]${name}\\b`).test(text))
  // Tests alone give their own way to wait.
  expect(untold.filter((name) => name !== 'sleep')).toEqual([])
})
