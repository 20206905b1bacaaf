export { Agent } from './agent/agent.js'
export type {
  ContextProvider,
  MaxTokensPolicy,
  ModelSettings,
  Reconciliation,
  Tool,
  ToolSource,
  UndoneCall,
  UnknownOutcomePolicy,
} from './agent/agent-definition.js'
export type { AgentOptions } from './agent/agent-options.js'
export type { AgentRunOptions, TypedRunOptions } from './agent/agent-run-options.js'
export { AgentSession, type AgentSessionJson, type AgentSessionOptions } from './agent/agent-session.js'
export type { ApprovalAnswer, ApprovalHandler } from './agent/ask-approval.js'
export type { ForeignAgent, ForeignRun, ForeignUpdate } from './agent/foreign/foreign-agent.js'
export { HostedAgent } from './agent/foreign/hosted-agent.js'
export { InProcessMemoryStore } from './agent/memory/in-process-memory-store.js'
export {
  createMemoryProvider,
  type MemoryProviderOptions,
  type MemoryScope,
} from './agent/memory/memory-provider.js'
export type { Memory, MemoryStore, NewMemory } from './agent/memory/memory-store.js'
export { SqliteMemoryStore, type SqliteMemoryStoreOptions } from './agent/memory/sqlite-memory-store.js'
export type {
  AfterRunResult,
  AgentMiddleware,
  BeforeRunContext,
  BeforeRunResult,
  ChatMiddleware,
  FunctionMiddleware,
  MiddlewareContext,
  ModelCallContext,
  NextModelCall,
  NextToolCall,
  RunMiddleware,
  ToolCallContext,
} from './agent/middleware.js'
export {
  type CompactionStrategy,
  type HistoryTurn,
  keepAll,
  type SlidingWindowOptions,
  type SummarizeOptions,
  slidingWindow,
  summarize,
} from './agent/providers/compaction.js'
export {
  FileHistoryProvider,
  type FileHistoryProviderOptions,
  type HistoryRecord,
} from './agent/providers/file-history-provider.js'
export { type HistoryProvider, InMemoryHistoryProvider } from './agent/providers/history-provider.js'
export type {
  InvocationValues,
  InvocationValuesFactory,
  ProvidedContext,
  ProviderContext,
  ProviderState,
  RunInfo,
} from './agent/providers/provider-context.js'
export { type ProcessScriptOptions, runScriptsAsProcesses } from './agent/skills/run-scripts-as-processes.js'
export {
  type Skill,
  type SkillOptions,
  type SkillResource,
  type SkillResourceContent,
  type SkillScript,
  skill,
} from './agent/skills/skill.js'
export type { ScriptArguments, ScriptRun, ScriptRunner } from './agent/skills/skill-tools.js'
export { SkillsProvider, type SkillsProviderOptions } from './agent/skills/skills-provider.js'
export type { AgentToolOptions } from './agent/tools/agent-tool.js'
export type {
  DurableToolContext,
  OrchestrationStatus,
  PendingResult,
  ToolSchedule,
} from './agent/tools/durable-tools.js'
export type { InvocationLimits, ToolOutcome } from './agent/tools/invoke-tool.js'
export { createReminderTools } from './agent/tools/reminder-tools.js'
export { tool } from './agent/tools/tool.js'
export type { ToolContext } from './agent/tools/tool-context.js'
export type { ApprovalPolicy, ToolOptions } from './agent/tools/tool-options.js'
export { AgentFunctionApp } from './app/agent-function-app.js'
export type {
  AgentTrigger,
  BlobTrigger,
  Made,
  QueueTrigger,
  ScheduleTrigger,
  TriggerEvent,
  TriggerOptions,
} from './app/agent-trigger.js'
export type { AddAgentOptions, AgentFunctionAppOptions } from './app/app-options.js'
export type { McpAgentToolOptions } from './app/mcp-agent-tool.js'
export type { McpWorkflowToolOptions } from './app/mcp-workflow-tool.js'
export type { OwnerResolver, RightResolver } from './app/owner.js'
export type { AddWorkflowOptions } from './app/workflow-registry.js'
export {
  AgentError,
  type AgentErrorCode,
  type AgentErrorOptions,
  FencedError,
  type Issue,
} from './core/errors.js'
export type { JsonObject, JsonValue } from './core/json.js'
export type {
  ChatMessage,
  ChatRole,
  Content,
  DataContent,
  ErrorContent,
  FunctionCallContent,
  FunctionResultContent,
  ProviderContent,
  ProviderData,
  ReasoningContent,
  TextContent,
  ToolChoice,
  UriContent,
  Usage,
} from './core/messages.js'
export { createTextMessage } from './core/messages.js'
export type { AgentResponse, AgentResponseUpdate, ToolProgressUpdate } from './core/response.js'
export type { Schema, SchemaOutput } from './core/schema.js'
export type { AnswerQuestion, DecisionQuestion } from './http/rights.js'
export type { WebhookOptions } from './http/webhooks/webhook-options.js'
export { MemoryRunLog } from './log/memory-run-log.js'
export { SqliteRunLog, type SqliteRunLogOptions } from './log/sqlite/sqlite-run-log.js'
export type {
  ChatAnswer,
  ChatClient,
  ChatEvent,
  ChatOptions,
  ChatRequest,
  FinishReason,
  ResponseFormat,
  ToolDeclaration,
} from './model/chat-client.js'
export { type RetryOptions, withRetry } from './model/with-retry.js'
export { type TelemetryOptions, withTelemetry } from './model/with-telemetry.js'
export { toAgentError } from './orchestration/agent-failure.js'
export type { AgentRunResult } from './orchestration/agent-run-result.js'
export type { AgentTask } from './orchestration/agent-task.js'
export {
  type DurableAgent,
  type DurableRunOptions,
  getAgent,
  type SignalledRun,
} from './orchestration/get-agent.js'
export type {
  AgentReference,
  Answered,
  FunctionContext,
  NodeContext,
  NodeError,
  NodeRetry,
  RequestNotice,
} from './orchestration/workflow/node-context.js'
export type { AnyNode, InputOf, OutputOf } from './orchestration/workflow/node-types.js'
export {
  type AgentNodeOptions,
  agentNode,
  type FunctionNodeOptions,
  functionNode,
  type RequestNodeOptions,
  requestNode,
  type TransformNodeOptions,
  transformNode,
  type WorkflowNodeOptions,
  workflowNode,
} from './orchestration/workflow/nodes.js'
export { type ConcurrentOptions, concurrent } from './orchestration/workflow/patterns/concurrent.js'
export {
  type ChooseSpeaker,
  type GroupChat,
  type GroupChatOptions,
  groupChat,
} from './orchestration/workflow/patterns/group-chat.js'
export { type HandoffAgent, type HandoffOptions, handoff } from './orchestration/workflow/patterns/handoff.js'
export type { PatternOptions } from './orchestration/workflow/patterns/pattern-options.js'
export { type Classify, type RouterOptions, router } from './orchestration/workflow/patterns/router.js'
export { type SequentialOptions, sequential } from './orchestration/workflow/patterns/sequential.js'
export type { Turn } from './orchestration/workflow/patterns/transcript.js'
export {
  type BranchCase,
  type EdgeOptions,
  WorkflowBuilder,
  type WorkflowBuilderOptions,
} from './orchestration/workflow/workflow-builder.js'
export type {
  WorkflowDefinition,
  WorkflowEdge,
  WorkflowNode,
} from './orchestration/workflow/workflow-definition.js'
export { AgentRun } from './run/agent-run.js'
export type {
  ApprovalReason,
  ApprovalRequested,
  CallerTool,
  RunEvent,
  RunPrepared,
  RunRequest,
  SessionState,
  StoredEvent,
} from './run/events.js'
export type { ScheduledMessage } from './run/history-entry.js'
export type { RunKey, RunLog, RunSummary, SessionKey, SessionSummary } from './run/run-log.js'
export { AgentSessionId } from './session/agent-session-id.js'
export type { AllowanceOptions } from './session/allowance/allowance.js'
export type { AgentCallbackContext, AgentResponseCallback } from './session/execution/response-callback.js'
export { AgentState } from './session/state/agent-state.js'
