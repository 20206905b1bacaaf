import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import * as a2a from '../src/agent/a2a/index.js'
import * as evaluation from '../src/agent/evaluation/index.js'
import * as mcp from '../src/agent/mcp/index.js'
import * as mcpServer from '../src/agent/mcp-server/index.js'
import * as openaiAgents from '../src/agent/openai-agents/index.js'
import * as root from '../src/index.js'
import * as aiSdk from '../src/model/ai-sdk.js'
import * as openai from '../src/model/openai.js'
import * as testing from '../src/testing/index.js'

test('the root has these values, and no others', () => {
  expect(Object.keys(root).sort()).toMatchInlineSnapshot(`
    [
      "Agent",
      "AgentError",
      "AgentFunctionApp",
      "AgentRun",
      "AgentSession",
      "AgentSessionId",
      "AgentState",
      "FencedError",
      "FileHistoryProvider",
      "HostedAgent",
      "InMemoryHistoryProvider",
      "InProcessMemoryStore",
      "MemoryRunLog",
      "SkillsProvider",
      "SqliteMemoryStore",
      "SqliteRunLog",
      "WorkflowBuilder",
      "agentNode",
      "concurrent",
      "createMemoryProvider",
      "createReminderTools",
      "createTextMessage",
      "functionNode",
      "getAgent",
      "groupChat",
      "handoff",
      "keepAll",
      "requestNode",
      "router",
      "runScriptsAsProcesses",
      "sequential",
      "skill",
      "slidingWindow",
      "summarize",
      "toAgentError",
      "tool",
      "transformNode",
      "withRetry",
      "withTelemetry",
      "workflowNode",
    ]
  `)
})

test('the subpaths have these values, and no others', () => {
  expect(Object.keys(aiSdk)).toEqual(['createAISDKChatClient'])
  expect(Object.keys(openai).sort()).toMatchInlineSnapshot(`
    [
      "createAzureOpenAIChatClient",
      "createAzureOpenAIResponsesClient",
      "createChatClientFromEnvironment",
      "createOpenAIChatClient",
      "createOpenAIResponsesClient",
    ]
  `)
  expect(Object.keys(evaluation).sort()).toMatchInlineSnapshot(`
    [
      "evaluateAgent",
      "evaluator",
      "keywordCheck",
      "modelJudge",
      "onlyRecordedCalls",
      "recordedQueries",
      "toolCallArgsMatch",
      "toolCalledCheck",
      "toolCallsPresent",
    ]
  `)
  expect(Object.keys(openaiAgents)).toEqual(['fromOpenAIAgent'])
  expect(Object.keys(a2a)).toEqual(['createA2aAgent'])
  expect(Object.keys(mcpServer)).toEqual(['createAgentMcpServer'])
  expect(Object.keys(mcp).sort()).toMatchInlineSnapshot(`
    [
      "mcpHttp",
      "mcpStdio",
    ]
  `)
  expect(Object.keys(testing).sort()).toMatchInlineSnapshot(`
    [
      "ScriptedModel",
      "TestEngine",
      "TestSession",
      "UnexpectedModelCall",
      "VirtualClock",
      "conversation",
      "countAnswers",
      "crashEverywhere",
    ]
  `)
})

test('each entry has its types also where "exports" is not read, as by the template of `func init`', () => {
  const entries = Object.entries(manifest.exports).flatMap(([entry, files]) =>
    entry === '.' || typeof files === 'string' ? [] : [[entry.slice('./'.length), [files.types]]],
  )
  expect(manifest.typesVersions['*']).toEqual(Object.fromEntries(entries))
})
