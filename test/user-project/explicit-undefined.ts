import type * as root from 'durable-agent-functions'
import type * as a2a from 'durable-agent-functions/a2a'
import type * as aiSdk from 'durable-agent-functions/ai-sdk'
import type * as azureStorage from 'durable-agent-functions/azure-storage'
import type * as client from 'durable-agent-functions/client'
import type * as evaluation from 'durable-agent-functions/evaluation'
import type * as mcp from 'durable-agent-functions/mcp'
import type * as mcpServer from 'durable-agent-functions/mcp-server'
import type * as openai from 'durable-agent-functions/openai'
import type * as openaiAgents from 'durable-agent-functions/openai-agents'
import type * as redis from 'durable-agent-functions/redis'
import type * as testing from 'durable-agent-functions/testing'

/** The optional properties of a type that refuse `undefined` where a project sets `exactOptionalPropertyTypes`. */
type Refusing<T> = keyof {
  [K in keyof T as Partial<Pick<T, K>> extends Pick<T, K>
    ? { [P in K]: undefined } extends Pick<T, K>
      ? never
      : K
    : never]: true
}

type AnySchema = root.Schema

/** An explicit `undefined` takes the default, so no option may refuse it: each of these is `never`. */
export interface Refused {
  readonly agent: Refusing<root.AgentOptions>
  readonly run: Refusing<root.AgentRunOptions>
  readonly session: Refusing<root.AgentSessionOptions>
  readonly tool: Refusing<root.ToolOptions<AnySchema, unknown>>
  readonly asTool: Refusing<root.AgentToolOptions>
  readonly app: Refusing<root.AgentFunctionAppOptions>
  readonly addAgent: Refusing<root.AddAgentOptions>
  readonly addWorkflow: Refusing<root.AddWorkflowOptions>
  readonly mcpTool: Refusing<root.McpAgentToolOptions>
  readonly queue: Refusing<root.QueueTrigger>
  readonly blob: Refusing<root.BlobTrigger>
  readonly schedule: Refusing<root.ScheduleTrigger>
  readonly durableRun: Refusing<root.DurableRunOptions<AnySchema>>
  readonly files: Refusing<root.FileHistoryProviderOptions>
  readonly memory: Refusing<root.MemoryProviderOptions>
  readonly skill: Refusing<root.SkillOptions>
  readonly skills: Refusing<root.SkillsProviderOptions>
  readonly window: Refusing<root.SlidingWindowOptions>
  readonly summary: Refusing<root.SummarizeOptions>
  readonly modelRetry: Refusing<root.RetryOptions>
  readonly telemetry: Refusing<root.TelemetryOptions>
  readonly builder: Refusing<root.WorkflowBuilderOptions<root.Agent, AnySchema>>
  readonly edge: Refusing<root.EdgeOptions<string>>
  readonly agentNode: Refusing<root.AgentNodeOptions<string, AnySchema>>
  readonly functionNode: Refusing<root.FunctionNodeOptions>
  readonly requestNode: Refusing<root.RequestNodeOptions<string, AnySchema, string>>
  readonly workflowNode: Refusing<root.WorkflowNodeOptions>
  readonly nodeRetry: Refusing<root.NodeRetry>
  readonly foreign: Refusing<root.ForeignAgent>
  readonly chat: Refusing<root.ChatRequest>
  readonly byA2a: Refusing<a2a.A2aAgentOptions>
  readonly overHttp: Refusing<mcp.McpHttpOptions>
  readonly overStdio: Refusing<mcp.McpStdioOptions>
  readonly completions: Refusing<openai.OpenAIChatClientOptions>
  readonly responses: Refusing<openai.OpenAIResponsesClientOptions>
  readonly azureCompletions: Refusing<openai.AzureOpenAIChatClientOptions>
  readonly aiSdk: Refusing<aiSdk.AISDKChatClientOptions>
  readonly openaiAgent: Refusing<openaiAgents.OpenAIAgentOptions>
  readonly mcpApproval: Refusing<Exclude<mcp.McpApproval, string>>
  readonly mcpServer: Refusing<mcpServer.AgentMcpServerOptions>
  readonly toolRetry: Refusing<NonNullable<root.InvocationLimits['retry']>>
  readonly allowance: Refusing<root.AllowanceOptions>
  readonly webhooks: Refusing<root.WebhookOptions>
  readonly sqlite: Refusing<root.SqliteRunLogOptions>
  readonly memories: Refusing<root.SqliteMemoryStoreOptions>
  readonly scripts: Refusing<root.ProcessScriptOptions>
  readonly redis: Refusing<redis.RedisRunLogOptions>
  readonly blobs: Refusing<azureStorage.AzureBlobRunLogOptions>
  readonly client: Refusing<client.AgentsClientOptions>
  readonly clientTool: Refusing<client.ClientToolOptions<AnySchema, unknown>>
  readonly remoteRun: Refusing<client.RemoteRunOptions>
  readonly remoteUndo: Refusing<client.RemoteUndoOptions>
  readonly remoteDecision: Refusing<client.RemoteDecision>
  readonly evaluation: Refusing<evaluation.EvaluateAgentOptions>
  readonly expectedCall: Refusing<evaluation.ExpectedToolCall>
  readonly query: Refusing<Exclude<evaluation.EvaluationQuery, string>>
  readonly check: Refusing<Exclude<evaluation.CheckResult, boolean>>
  readonly judge: Refusing<evaluation.ModelJudgeOptions>
  readonly crash: Refusing<testing.CrashOptions>
  readonly scenario: Refusing<testing.Scenario>
  readonly engine: Refusing<testing.TestEngineOptions>
  readonly send: Refusing<testing.SendOptions>
  readonly scriptedCall: Refusing<testing.ScriptedCall>
  readonly textStep: Refusing<Extract<testing.ModelStep, { text: string }>>
  readonly errorStep: Refusing<Extract<testing.ModelStep, { error: Error }>>
  readonly approve: Refusing<NonNullable<Parameters<testing.TestSession['approve']>[0]>>
}

type NoneRefused = { readonly [Kind in keyof Refused]: never }

/** Compiles only where nothing is refused. */
export const proof = (refused: Refused): NoneRefused => refused
