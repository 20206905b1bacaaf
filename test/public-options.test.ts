import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { mcpHttp, mcpStdio } from '../src/agent/mcp/index.js'
import { createAgentMcpServer } from '../src/agent/mcp-server/index.js'
import { fromOpenAIAgent } from '../src/agent/openai-agents/index.js'
import {
  Agent,
  AgentFunctionApp,
  runScriptsAsProcesses,
  SqliteMemoryStore,
  SqliteRunLog,
  skill,
  tool,
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
