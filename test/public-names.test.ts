import { expect, test } from 'vitest'
import * as root from '../src/index.js'
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
      "InMemoryHistoryProvider",
      "MemoryRunLog",
      "SqliteRunLog",
      "createTextMessage",
      "getAgent",
      "keepAll",
      "slidingWindow",
      "summarize",
      "toAgentError",
      "tool",
    ]
  `)
})

test('the subpaths have these values, and no others', () => {
  expect(Object.keys(openai).sort()).toMatchInlineSnapshot(`
    [
      "createAzureOpenAIChatClient",
      "createChatClientFromEnvironment",
      "createOpenAIChatClient",
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
