export { AgentError, type AgentErrorCode, type Issue } from '../core/errors.js'
export type { JsonObject, JsonValue } from '../core/json.js'
export type { AgentResponseUpdate } from '../core/response.js'
export type { ApprovalRequested, RunEvent } from '../run/events.js'
export type { HistoryEntry, ScheduledMessage, ToolCallView } from '../run/history-entry.js'
export type { OpenCall } from '../run/waiting.js'
export {
  type AgentSummary,
  AgentsClient,
  type AgentsClientOptions,
  type ApprovalPage,
  type Balance,
  type QuestionIds,
  type QuestionPage,
  type SessionPage,
  type WaitingApproval,
  type WaitingQuestion,
} from './agents-client.js'
export {
  type ClientTool,
  type ClientToolContext,
  type ClientToolOptions,
  type ClientToolOutcome,
  clientTool,
} from './client-tool.js'
export type { RemoteEvent, RemoteResponse } from './remote-run.js'
export type { ConversationPage, RemoteRun, RemoteSession } from './remote-session.js'
export type {
  ContinuedConversation,
  MessagePart,
  RemoteDecision,
  RemoteRunOptions,
  RemoteScheduleOptions,
  RemoteUndoOptions,
  RunHelpers,
} from './session-options.js'
