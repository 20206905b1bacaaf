import type { Agent } from '../agent/agent.js'
import type { WorkflowClient } from '../orchestration/workflow/workflow-client.js'
import type { WorkflowDefinition } from '../orchestration/workflow/workflow-definition.js'
import type { RunLog } from '../run/run-log.js'
import type { SessionClient } from '../session/client/session-client.js'
import type { Answer } from './answers.js'
import type { CallerInstructions } from './caller-instructions.js'
import type { AnswerQuestion, DecisionQuestion, Right } from './rights.js'
import type { Webhooks } from './webhooks/webhook-options.js'

/** The settings of an app's HTTP surface, resolved. */
export interface HttpSettings {
  /** How long a caller is kept waiting before `202` tells it to come back; ms. */
  readonly waitLimitMs: number
  /** How long one event stream lasts before the reader has to reconnect; ms. */
  readonly streamLimitMs: number
  /** How often a silent stream says that it lives; ms. */
  readonly heartbeatMs: number
  /** Largest request body; bytes. */
  readonly maxBodyBytes: number
  /** What becomes of instructions that a caller gives. */
  readonly callerInstructions: CallerInstructions
  /** Where callers may have themselves told of their runs, and what signs it; `undefined` when nobody is told of any. */
  readonly webhooks: Webhooks | undefined
  /** Who may decide about tool calls; `undefined` when whoever may speak in a session may. */
  readonly mayDecide: Right<DecisionQuestion> | undefined
  /** Who may answer questions of workflows; `undefined` when whom a run belongs to may. */
  readonly mayAnswer: Right<AnswerQuestion> | undefined
}

/** By which ways an agent can be reached. */
export interface AgentExposure {
  /** Whether it has routes. */
  readonly http: boolean
  /** Whether it is a tool for MCP clients. */
  readonly mcpTool: boolean
}

/** A request, its body not yet read. */
export type IncomingRequest = Pick<Request, 'method' | 'url' | 'headers' | 'body'>

/** What every handler is given. */
export interface Call {
  readonly request: IncomingRequest
  readonly url: URL
  /** Route parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Whom the caller is signed in as. */
  readonly owner: string | undefined
  readonly sessions: SessionClient
  readonly workflowRuns: WorkflowClient
  readonly log: RunLog
  readonly settings: HttpSettings
  /** What callers need to get this far: nothing, a function key, or the app's master key. */
  readonly authLevel: 'anonymous' | 'function' | 'admin'
  /** All agents, in order of registration. */
  readonly agents: readonly Agent[]
  readonly exposures: ReadonlyMap<Agent, AgentExposure>
  /** All workflows with routes, in order of registration. */
  readonly workflows: readonly WorkflowDefinition[]
  /** Writes what the caller is not told to the log; for handlers that make an answer of a failure themselves. */
  readonly onError: (error: unknown) => void
  /** Calls back when the connection over which the answer goes is closed; absent where the host does not let that be seen. */
  readonly onLeave?: ((listener: () => void) => void) | undefined
}

/** Answers a call. What it throws becomes the answer to an error. */
export type Handler = (call: Call) => Promise<Answer>

/** One HTTP function: a path below the prefix and what answers there. */
export interface Route {
  /** The function's name. The Functions host tries routes in this order, not by how specific they are. */
  readonly name: string
  readonly path: string
  readonly handlers: Readonly<Partial<Record<HttpMethod, Handler>>>
  /** How failures are told. @default as problem details */
  readonly toErrorAnswer?: ((error: unknown) => Answer) | undefined
}

export type HttpMethod = 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD' | 'OPTIONS'
