import type * as root from 'durable-agent-functions'
import type * as a2a from 'durable-agent-functions/a2a'
import type * as mcp from 'durable-agent-functions/mcp'
import type * as openai from 'durable-agent-functions/openai'

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
}

type NoneRefused = { readonly [Kind in keyof Refused]: never }

/** Compiles only where nothing is refused. */
export const proof = (refused: Refused): NoneRefused => refused
