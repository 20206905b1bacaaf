import type { Agent } from '../agent/agent.js'
import type { ForeignAgent } from '../agent/foreign/foreign-agent.js'
import type { InvocationValuesFactory } from '../agent/providers/provider-context.js'
import { checkCount } from '../core/check-count.js'
import {
  checkChoice,
  checkFlag,
  checkFunction,
  checkList,
  checkOptions,
  type OptionNames,
  refuse,
} from '../core/check-options.js'
import { type CallerInstructions, callerInstructionsChoices } from '../http/caller-instructions.js'
import { type Protocol, protocolNames } from '../http/protocols/protocols.js'
import type { AnswerQuestion, DecisionQuestion } from '../http/rights.js'
import type { WebhookOptions } from '../http/webhooks/webhook-options.js'
import { checkTelemetryOptions, type TelemetryOptions } from '../model/with-telemetry.js'
import { checkWorkflow } from '../orchestration/workflow/check-parts.js'
import type { WorkflowDefinition } from '../orchestration/workflow/workflow-definition.js'
import type { RunLog } from '../run/run-log.js'
import { type AllowanceOptions, checkAllowance } from '../session/allowance/allowance.js'
import type { AgentResponseCallback } from '../session/execution/response-callback.js'
import type { AgentTrigger } from './agent-trigger.js'
import { checkTriggers } from './check-trigger.js'
import type { McpAgentToolOptions } from './mcp-agent-tool.js'
import type { McpWorkflowToolOptions } from './mcp-workflow-tool.js'
import type { OwnerResolver, RightResolver } from './owner.js'
import type { AddWorkflowOptions } from './workflow-registry.js'

export interface AgentFunctionAppOptions {
  /** More can be added with {@link AgentFunctionApp.addAgent}. @default none */
  readonly agents?: readonly (Agent | ForeignAgent)[] | undefined
  /** More can be added with {@link AgentFunctionApp.addWorkflow}. @default none */
  readonly workflows?: readonly WorkflowDefinition[] | undefined
  /** Which key callers of the HTTP routes need in Azure. @default 'function' */
  readonly authLevel?: 'anonymous' | 'function' | 'admin' | undefined
  /** Whether to serve `GET health`. @default true */
  readonly enableHealthCheck?: boolean | undefined
  /** Whether to serve a page to talk to the agents and look into their runs, at `GET chat`. @default false */
  readonly chatPage?: boolean | undefined
  /** In which other dialects agents are served: `'openai'` below `compatible-mode/v1`, `'agentscope'` at `process`, `'ai-sdk'` at `ai-sdk/{agent}`, `'ag-ui'` at `ag-ui/{agent}`, `'a2a'` at `a2a/{agent}`. @default none */
  readonly protocols?: readonly Protocol[] | undefined
  /** What becomes of instructions that callers give, as `system` messages and the like: the request is refused; they are dropped; or the model is shown them, as the caller's word below the agent's own. @default 'refuse' */
  readonly callerInstructions?: CallerInstructions | undefined
  /** Observes the runs of agents that have no callback of their own. @default none */
  readonly defaultCallback?: AgentResponseCallback | undefined
  /** Says whom a session belongs to; everybody else gets 404 on it. @default the signed-in user of Azure's Easy Auth, else nobody */
  readonly owner?: OwnerResolver | undefined
  /** Says who may decide about a tool call that waits for a human, in whatever dialect; also others than whom the session belongs to, by the approval's own route. @default whoever may speak in the session */
  readonly mayDecide?: RightResolver<DecisionQuestion> | undefined
  /** Says who may answer a question of a workflow; also others than whom its run belongs to. @default whom the run belongs to */
  readonly mayAnswer?: RightResolver<AnswerQuestion> | undefined
  /** Makes what the tools and providers of a run may know and its model may not, anew at each execution. @default nothing */
  readonly context?: InvocationValuesFactory | undefined
  /** Where runs are journalled. @default SQLite under the embedded host, else the app's storage account, `AzureWebJobsStorage` */
  readonly runLog?: RunLog | undefined
  /** How long a caller is kept waiting before 202 tells it to come back. Azure cuts silent responses at 230,000. Nine tenths of host.json's functionTimeout at most. @default 100,000 */
  readonly waitLimitMs?: number | undefined
  /** How long one event stream lasts; readers reconnect and go on. Nine tenths of host.json's functionTimeout at most. @default 540,000 */
  readonly streamLimitMs?: number | undefined
  /** How often a silent event stream says that it lives. @default 15,000 */
  readonly heartbeatMs?: number | undefined
  /** How long one entity operation may take: half of it for starting steps. @default functionTimeout of host.json */
  readonly operationTimeoutMs?: number | undefined
  /** Sessions in which nothing has happened for so long are deleted. @default never */
  readonly sessionTtlMs?: number | undefined
  /** Logs of runs that ended so long ago are deleted: turns that have left the session's state are then gone, and their correlation ids may be used anew. @default never */
  readonly runRetentionMs?: number | undefined
  /** How often a run may be begun without ending, because its host dies, before it is given up. @default 10 */
  readonly maxAttempts?: number | undefined
  /** Images and files in messages whose data URIs are longer are kept beside the log of their run, neither in it nor in the session's state. @default 32,768 */
  readonly maxInlineMediaBytes?: number | undefined
  /** Largest conversation, with its files, that a new session may go on from (`continues`), as all of it is copied. @default 33,554,432 */
  readonly maxContinuedBytes?: number | undefined
  /** Largest request body. @default 1,048,576 */
  readonly maxBodyBytes?: number | undefined
  /** What each owner may have the agents spend in a day, or some other time: who has spent it gets 429 for new messages. @default as much as they like */
  readonly allowance?: AllowanceOptions | undefined
  /** Whom the app tells how runs end, and that they wait. @default nobody */
  readonly webhooks?: WebhookOptions | undefined
  /** What OpenTelemetry is told of the agents' runs, where the app has registered it. @default what is done, nothing that is said */
  readonly telemetry?: TelemetryOptions | undefined
}

export interface AddAgentOptions {
  /** Observes this agent's runs, instead of the app's default callback. */
  readonly callback?: AgentResponseCallback | undefined
  /** Whether to serve the agent's HTTP routes. @default true */
  readonly http?: boolean | undefined
  /** Whether, and how, MCP clients find the agent as a tool of the app, at `/runtime/webhooks/mcp`. @default false */
  readonly mcpTool?: boolean | McpAgentToolOptions | undefined
  /** What else runs the agent: messages of queues, blobs, the clock. @default nothing */
  readonly triggers?: readonly AgentTrigger[] | undefined
}

/** The options that count something, by the least that they may be. */
const counts = [
  ['waitLimitMs', 1],
  ['streamLimitMs', 1],
  ['heartbeatMs', 1],
  ['operationTimeoutMs', 1],
  ['sessionTtlMs', 1],
  ['runRetentionMs', 1],
  ['maxAttempts', 1],
  ['maxInlineMediaBytes', 0],
  ['maxContinuedBytes', 0],
  ['maxBodyBytes', 1],
] as const

const appOptions: OptionNames<AgentFunctionAppOptions> = {
  agents: true,
  workflows: true,
  authLevel: true,
  enableHealthCheck: true,
  chatPage: true,
  protocols: true,
  callerInstructions: true,
  defaultCallback: true,
  owner: true,
  mayDecide: true,
  mayAnswer: true,
  context: true,
  runLog: true,
  waitLimitMs: true,
  streamLimitMs: true,
  heartbeatMs: true,
  operationTimeoutMs: true,
  sessionTtlMs: true,
  runRetentionMs: true,
  maxAttempts: true,
  maxInlineMediaBytes: true,
  maxContinuedBytes: true,
  maxBodyBytes: true,
  allowance: true,
  webhooks: true,
  telemetry: true,
}

const addAgentOptions: OptionNames<AddAgentOptions> = {
  callback: true,
  http: true,
  mcpTool: true,
  triggers: true,
}

const addWorkflowOptions: OptionNames<AddWorkflowOptions> = { http: true, mcpTool: true }

const mcpToolOptions: OptionNames<McpAgentToolOptions> & OptionNames<McpWorkflowToolOptions> = {
  name: true,
  description: true,
}

/**
 * Refuses options that no app means: a misspelt `owner` would show everybody everything, and a negative `sessionTtlMs`
 * would delete every session. @throws {AgentError} `invalid_configuration` naming the option.
 */
export function checkAppOptions(options: AgentFunctionAppOptions): void {
  checkOptions('AgentFunctionApp', options, appOptions)
  const { agents = [], workflows = [], protocols = [], authLevel = 'function', defaultCallback } = options
  checkList('agents of AgentFunctionApp', agents)
  checkList('workflows of AgentFunctionApp', workflows)
  checkAllowance(options.allowance)
  checkTelemetryOptions('telemetry', options.telemetry)
  checkFlag('enableHealthCheck of AgentFunctionApp', options.enableHealthCheck)
  checkFlag('chatPage of AgentFunctionApp', options.chatPage)
  checkFunction('owner of AgentFunctionApp', options.owner)
  checkFunction('mayDecide of AgentFunctionApp', options.mayDecide)
  checkFunction('mayAnswer of AgentFunctionApp', options.mayAnswer)
  checkFunction('context of AgentFunctionApp', options.context)
  if (options.runLog !== undefined && typeof options.runLog?.append !== 'function') {
    refuse('runLog of AgentFunctionApp must be a run log, such as RedisRunLog or AzureBlobRunLog.')
  }
  checkChoice('authLevel', authLevel, ['anonymous', 'function', 'admin'])
  checkList('protocols of AgentFunctionApp', protocols)
  for (const protocol of protocols) checkChoice('protocols', protocol, protocolNames)
  checkChoice('callerInstructions', options.callerInstructions ?? 'refuse', callerInstructionsChoices)
  checkCallback('defaultCallback', defaultCallback)
  for (const [option, least] of counts) checkCount(option, options[option], least)
}

/** Refuses what is no agent, and options that there are not. @throws {AgentError} `invalid_configuration` saying which. */
export function checkAddedAgent(added: Agent | ForeignAgent, options: AddAgentOptions): void {
  const { name, run }: { readonly name?: unknown; readonly run?: unknown } = Object(added)
  if (typeof name !== 'string' || typeof run !== 'function') {
    refuse('What is served must be an Agent, or have a name and a function run: is an await missing?')
  }
  checkOptions(`addAgent of "${name}"`, options, addAgentOptions)
  const { callback, triggers = [] } = options
  checkCallback(`callback of agent "${name}"`, callback)
  checkExposure(`agent "${name}"`, options)
  checkTriggers(name, triggers)
}

/** Refuses what is no workflow, and options that there are not. @throws {AgentError} `invalid_configuration` saying which. */
export function checkAddedWorkflow(workflow: WorkflowDefinition, options: AddWorkflowOptions): void {
  checkWorkflow(workflow)
  checkOptions(`addWorkflow of "${workflow.name}"`, options, addWorkflowOptions)
  checkExposure(`workflow "${workflow.name}"`, options)
}

/** Over which ways callers find it. */
function checkExposure(of: string, { http, mcpTool }: AddAgentOptions | AddWorkflowOptions): void {
  checkFlag(`http of ${of}`, http)
  if (typeof mcpTool === 'object') checkOptions(`mcpTool of ${of}`, mcpTool, mcpToolOptions)
  else checkFlag(`mcpTool of ${of}`, mcpTool)
}

function checkCallback(what: string, callback: AgentResponseCallback | undefined): void {
  if (callback === undefined) return
  const { onStreamingResponseUpdate, onAgentResponse } = callback
  if (typeof (onStreamingResponseUpdate ?? onAgentResponse) === 'function') return
  refuse(`${what} must have a function onStreamingResponseUpdate or onAgentResponse.`)
}
